import { isFilled, isPlacedInUnits, type PlacedAxis, patternOf, placedInUnits, product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, LINE, type Limits } from "../launch";
import code from "./place.wgsl";
import { bytesOf, elementsTogether, mover, moverFor, perWord, WRITES } from "./units";

const PLACE = mover("place", code);

/** As place.wgsl numbers them. */
const MODES = { constant: 0, reflect: 1, replicate: 2 };

export interface Placing {
  readonly axes: readonly PlacedAxis[];
  /** What stands where x isn't. */
  readonly mode: keyof typeof MODES;
  /** What `constant` means. */
  readonly value: number;
}

/** y with x in it. */
export function placeLaunches(x: GpuOperand, y: GpuOperand, { axes, mode, value }: Placing, limits: Limits): readonly Launch[] {
  if (product(y.shape) === 0) return [];
  const bytes = bytesOf(y);
  const inner = axes.at(-1) as PlacedAxis;
  const isDense = isFilled(inner) || (mode === "constant" && inner.step === 1);
  const together = elementsTogether(bytes, (elements) => isDense && isPlacedInUnits(inner, elements));
  const units = placedInUnits(axes, together);
  const elements = product(units.map(({ total }) => total));
  const params = [elements, units.length, patternOf(y.dtype, value), 0];
  for (const { total, before, size, step } of units) params.push(total, before, size, step);
  const { shader, constants } = moverFor(PLACE, together * bytes);
  const writes = Math.ceil(elements / perWord(together * bytes));
  return [
    {
      shader,
      constants: { ...constants, MODE: MODES[mode] },
      params,
      bindings: [x, y],
      grid: gridFor(writes, limits, LINE * WRITES),
    },
  ];
}
