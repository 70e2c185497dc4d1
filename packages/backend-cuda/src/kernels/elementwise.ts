import { DTYPES, ELEMENTWISE, type ElementwiseName } from "@vertebra/core";
import { broadcastStrides, collapse, MAX_AXES, product, requireWalkable } from "@vertebra/core/plan";
import { floatWord } from "../batch";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";

type Params = Readonly<Record<string, number>>;

const kernel = kernelsOf("elementwise");

/** As elementwise.cu numbers them. */
const WALKS = { each: 0, one: 1, steps: 2 } as const;

/** y = f(a), f(a, b) or f(a, b, c), element by element with broadcasting: a plan for each row. */
export const elementwise = Object.fromEntries(
  (Object.keys(ELEMENTWISE) as ElementwiseName[]).map((name) => [name, planFor(name)]),
) as { readonly [K in ElementwiseName]: Plan<Params> };

function planFor(name: ElementwiseName): Plan<Params> {
  const { params: names } = ELEMENTWISE[name];
  return (inputs, outputs, attrs) => {
    const y = outputs[0] as CudaOperand;
    const elements = product(y.shape);
    if (elements === 0) return [];
    const walks = inputs.map((input) => walkOf(input, elements));
    const axes = walks.includes("steps") ? axesOf(name, inputs, y) : [];
    const [p0, p1] = [0, 1].map((i) => floatWord(names[i] === undefined ? 0 : (attrs[names[i]] as number)));
    const words = [elements, axes.length, ...[0, 1, 2].map((i) => WALKS[walks[i] ?? "one"]), p0 as number, p1 as number];
    for (let axis = 0; axis < MAX_AXES; axis++) {
      const [size = 0, a = 0, b = 0, c = 0] = axes[axis] ?? [];
      words.push(size, a, b, c);
    }
    const operands = [0, 1, 2].map((i) => inputs[i] ?? null);
    return [
      {
        kernel: variantOf(name, inputs.at(-1) as CudaOperand),
        bindings: [...operands, y],
        words,
        grid: Math.ceil(elements / (4 * LINE)),
        block: LINE,
      },
    ];
  };
}

/** `where` moves bits of a size, the others compute with a dtype. */
const variantOf = (name: ElementwiseName, { dtype }: CudaOperand) =>
  name === "where" ? kernel(`where_${DTYPES[dtype].bytes}`) : kernel(name, dtype);

function walkOf({ shape }: CudaOperand, elements: number): keyof typeof WALKS {
  const own = product(shape);
  if (own === elements) return "each";
  return own === 1 ? "one" : "steps";
}

/** The result's axes with each operand's step, neighbours joined where all operands run through them in one stride. */
function axesOf(name: string, inputs: readonly CudaOperand[], y: CudaOperand): readonly (readonly number[])[] {
  const axes = collapse(y.shape, ...inputs.map(({ shape }) => broadcastStrides(shape, y.shape.length)));
  requireWalkable(name, y.shape, axes);
  return axes;
}
