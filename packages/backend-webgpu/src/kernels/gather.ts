import type { KernelTable } from "@vertebra/core";
import { collapse, product, requireWalkable, stridesOf } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, LINE, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./gather.wgsl";
import { bytesOf, perWord, WRITES } from "./units";

const SHADER = shader("gather", code);

const NAN_BITS: { readonly [dtype: string]: number } = { f32: 0x7fc00000, f16: 0x7e00, bf16: 0x7fc0 };

/** y[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on. */
export const gather: Plan<KernelTable["gather"]> = (inputs, outputs, { axis }, limits) => {
  const [x, indices] = inputs as [GpuOperand, GpuOperand];
  const y = outputs[0] as GpuOperand;
  const elements = product(y.shape);
  if (elements === 0) return [];
  const strides = stridesOf(x.shape);
  // Along the indexed axis nothing but the index moves on.
  const axes = collapse(
    y.shape,
    strides.map((stride, i) => (i === axis ? 0 : stride)),
  );
  requireWalkable("gather", y.shape, axes);
  if (axes.length === 0) axes.push([1, 0]);
  const PER_WORD = perWord(bytesOf(x));
  const params = [elements, x.shape[axis] as number, strides[axis] as number, NAN_BITS[x.dtype] ?? 0, axes.length, 0, 0, 0];
  for (const [size, step = 0] of axes) params.push(size, step);
  const grid = gridFor(Math.ceil(elements / PER_WORD), limits, LINE * WRITES);
  return [{ shader: SHADER, constants: { PER_WORD }, params, bindings: [x, indices, y], grid }];
};
