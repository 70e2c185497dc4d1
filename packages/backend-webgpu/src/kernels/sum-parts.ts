import { product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Limits, type Scratch } from "../launch";
import { typedShader } from "../shader";
import code from "./sumParts.wgsl";

const SUM = typedShader("sumParts", code);

/** Partial sums of y's elements, that as many workgroups made side by side; each part begins at a whole vec4. */
export interface Parts {
  readonly scratch: Scratch;
  readonly count: number;
  /** Elements from one part to the next. */
  readonly elements: number;
}

export function partsOf(y: GpuOperand, count: number): Parts {
  const elements = Math.ceil(product(y.shape) / 4) * 4;
  return { scratch: { scratchBytes: count * elements * 4 }, count, elements };
}

/** y = Σ parts, in order. */
export const sumParts = ({ scratch, count, elements }: Parts, y: GpuOperand, limits: Limits): Launch => ({
  shader: SUM("f32", y.dtype),
  params: [elements / 4, count],
  bindings: [scratch, y],
  grid: gridFor(elements / 4, limits),
});
