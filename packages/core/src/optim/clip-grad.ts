import { type Gradients, noGrad } from "../autograd";
import { norm } from "../functional/norm";
import { stack } from "../functional/stack";
import { add, div, minimum, mul } from "../ops/binary";
import { clamp } from "../ops/unary";
import { scoped } from "../scope";
import type { Tensor } from "../tensor";

/** Keeps PyTorch's quotient finite where all gradients are 0. */
const EPS = 1e-6;

/**
 * Scales all gradients together so that their joint p-norm is at most `maxNorm`, and returns the norm before (a scalar on
 * the device: nothing waits). The gradients are replaced, as two of them may share memory.
 */
export function clipGradNorm(grads: Gradients, maxNorm: number, { p = 2 }: { readonly p?: number } = {}): Tensor {
  return noGrad(() =>
    scoped(() => {
      const total = norm(stack(grads.tensors.map((grad) => norm(grad, { p }))), { p });
      const scale = minimum(div(maxNorm, add(total, EPS)), 1);
      return [total, grads.replace((grad) => mul(grad, scale))] as const;
    }),
  )[0];
}

/** Clamps every gradient's elements to [−maxValue, maxValue]. */
export function clipGradValue(grads: Gradients, maxValue: number): void {
  noGrad(() => scoped(() => grads.replace((grad) => clamp(grad, { min: -maxValue, max: maxValue }))));
}
