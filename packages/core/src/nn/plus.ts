import { formatShape, ShapeError } from "../errors";
import { add } from "../ops/binary";
import { isSameShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";

export interface PlusOptions {
  /** What helps where the shapes differ: the block's own option. Default: says what blocks in general need. */
  readonly fix?: string;
}

/**
 * A step of `chain` that adds a shortcut: `chain(x, conv1, bn1, relu, conv2, bn2, plus(() => x), relu)`. The shortcut is
 * computed when the chain comes to it.
 * @throws ShapeError naming both branches if the shapes differ.
 */
export const plus = (shortcut: () => Tensor, options: PlusOptions = {}): Plus => new Plus(shortcut, options);

export class Plus {
  #shortcut: (() => Tensor) | undefined;
  #value: Tensor | undefined;
  readonly #fix: string;

  constructor(shortcut: () => Tensor, { fix = GENERAL_FIX }: PlusOptions = {}) {
    this.#shortcut = shortcut;
    this.#fix = fix;
  }

  /** The shortcut's output. */
  get value(): Tensor {
    this.#value ??= this.#shortcut?.();
    this.#shortcut = undefined;
    return this.#value as Tensor;
  }

  forward(y: Tensor): Tensor {
    this.requireSame(y);
    return add(y, this.value);
  }

  /** @throws ShapeError unless `branch` can be added to the shortcut. */
  requireSame(branch: TensorSpec): void {
    if (isSameShape(branch.shape, this.value.shape)) return;
    throw new ShapeError("residual", {
      rule: "the block's branch and its shortcut must have one shape",
      got: `branch ${formatShape(branch.shape)} and shortcut ${formatShape(this.value.shape)}`,
      fix: this.#fix,
    });
  }
}

const GENERAL_FIX = "Give the block a downsample (1×1 convolution on the shortcut), or keep stride 1 and the channels";
