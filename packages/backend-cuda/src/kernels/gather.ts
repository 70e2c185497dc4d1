import type { KernelTable } from "@vertebra/core";
import { collapse, MAX_AXES, product, requireWalkable, stridesOf } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";
import { divisorWords } from "./divisor";
import { bytesOf, gridOfWords } from "./units";

const kernel = kernelsOf("gather");

const NAN_BITS: { readonly [dtype: string]: number } = { f32: 0x7fc00000, f16: 0x7e00, bf16: 0x7fc0 };

/** y[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on. */
export const gather: Plan<KernelTable["gather"]> = (inputs, outputs, { axis }) => {
  const [x, indices] = inputs as [CudaOperand, CudaOperand];
  const y = outputs[0] as CudaOperand;
  const elements = product(y.shape);
  if (elements === 0) return [];
  const strides = stridesOf(x.shape);
  // Along the indexed axis nothing but the index moves on.
  const axes = collapse(
    y.shape,
    strides.map((stride, i) => (i === axis ? 0 : stride)),
  );
  requireWalkable("gather", y.shape, axes);
  const rank = Math.max(1, axes.length);
  const words = [elements, x.shape[axis] as number, strides[axis] as number, NAN_BITS[x.dtype] ?? 0, rank];
  for (let i = 0; i < MAX_AXES; i++) {
    const [size, step = 0] = axes[i] ?? [1];
    words.push(...divisorWords(size), step);
  }
  const grid = gridOfWords(elements, bytesOf(x));
  return [{ kernel: kernel(`gather_${bytesOf(x)}`), bindings: [x, indices, y], words, grid, block: LINE }];
};
