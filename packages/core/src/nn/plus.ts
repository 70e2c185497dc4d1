import { formatShape, ShapeError } from "../errors";
import { add } from "../ops/binary";
import { isSameShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";

/**
 * A step of `chain` that adds a shortcut: `chain(x, conv1, bn1, relu, conv2, bn2, plus(() => x), relu)`. The shortcut is
 * computed when the chain comes to it.
 * @throws ShapeError naming both branches if the shapes differ.
 */
export const plus = (shortcut: () => Tensor): Plus => new Plus(shortcut);

export class Plus {
  #shortcut: (() => Tensor) | undefined;
  #value: Tensor | undefined;

  constructor(shortcut: () => Tensor) {
    this.#shortcut = shortcut;
  }

  /** The shortcut's output. */
  get value(): Tensor {
    this.#value ??= this.#shortcut?.();
    this.#shortcut = undefined;
    return this.#value as Tensor;
  }

  forward(y: Tensor): Tensor {
    requireSameBranches(y, this.value);
    return add(y, this.value);
  }
}

export function requireSameBranches(branch: TensorSpec, shortcut: TensorSpec): void {
  if (isSameShape(branch.shape, shortcut.shape)) return;
  throw new ShapeError("residual", {
    rule: "the block's branch and its shortcut must have one shape",
    got: `branch ${formatShape(branch.shape)} and shortcut ${formatShape(shortcut.shape)}`,
    fix: "Give the block a downsample (1×1 convolution on the shortcut), or keep stride 1 and the channels",
  });
}
