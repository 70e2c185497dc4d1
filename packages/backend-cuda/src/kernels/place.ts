import { isFilled, isPlacedInUnits, MAX_AXES, type PlacedAxis, patternOf, placedInUnits, product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE } from "../launch";
import { divisorWords } from "./divisor";
import { bytesOf, elementsTogether, gridOfWords } from "./units";

const kernel = kernelsOf("place");

const NAMES = { constant: "placeConstant", reflect: "placeReflect", replicate: "placeReplicate" };

export interface Placing {
  /** At least one. */
  readonly axes: readonly PlacedAxis[];
  /** What stands where x isn't. */
  readonly mode: keyof typeof NAMES;
  /** What `constant` means. */
  readonly value: number;
}

/** y with x in it. */
export function placeSteps(x: CudaOperand, y: CudaOperand, { axes, mode, value }: Placing): readonly Launch[] {
  if (product(y.shape) === 0) return [];
  const inner = axes.at(-1) as PlacedAxis;
  const isDense = isFilled(inner) || (mode === "constant" && inner.step === 1);
  const together = elementsTogether(bytesOf(y), (elements) => isDense && isPlacedInUnits(inner, elements));
  const inUnits = placedInUnits(axes, together);
  const units = product(inUnits.map(({ total }) => total));
  const words = [units, patternOf(y.dtype, value), inUnits.length];
  for (let axis = 0; axis < MAX_AXES; axis++) {
    const { total, before, size, step } = inUnits[axis] ?? { total: 1, before: 0, size: 1, step: 1 };
    words.push(...divisorWords(total), before, size, step);
  }
  const unitBytes = together * bytesOf(y);
  const grid = gridOfWords(units, unitBytes);
  return [{ kernel: kernel(`${NAMES[mode]}_${unitBytes}`), bindings: [x, y], words, grid, block: LINE }];
}
