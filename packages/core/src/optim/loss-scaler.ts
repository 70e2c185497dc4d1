import { type Gradients, noGrad } from "../autograd";
import { ArgumentError } from "../errors";
import { stack } from "../functional/stack";
import { amax } from "../ops/amax";
import { mul } from "../ops/binary";
import { reshape } from "../ops/reshape";
import { abs } from "../ops/unary";
import { scoped } from "../scope";
import type { Tensor } from "../tensor";
import type { Optimizer } from "./optimizer";

export interface LossScalerOptions {
  /** The first factor. Default: 65536. */
  readonly initial?: number;
  /** The factor grows by this after `interval` steps without an overflow. Default: 2. */
  readonly growth?: number;
  /** The factor shrinks by this after an overflow. Default: 0.5. */
  readonly backoff?: number;
  /** Default: 2000. */
  readonly interval?: number;
}

/** What a `LossScaler` has to be given to go on where another stopped. */
export interface LossScalerState {
  readonly factor: number;
  /** Steps since the last overflow or growth. */
  readonly streak: number;
}

/**
 * Keeps the small gradients of training in f16 from vanishing: the loss is multiplied by a factor, the gradients are divided by it, and a
 * step whose gradients overflowed is left out and the factor halved. Powers of 2 change no gradient's digits.
 * Defaults are PyTorch's. Source: Micikevicius et al. 2018, "Mixed precision training", section 3.2.
 *
 *     const { grads } = valueAndGrad(model, () => scaler.scale(autocast({ dtype: "f16" }, () => loss(model, batch))));
 *     await scaler.step(optimizer, grads);
 */
export class LossScaler {
  readonly #growth: number;
  readonly #backoff: number;
  readonly #interval: number;
  #factor: number;
  #streak = 0;

  /** @throws ArgumentError for options out of range. */
  constructor({ initial = 65536, growth = 2, backoff = 0.5, interval = 2000 }: LossScalerOptions = {}) {
    const rules = [
      ["initial must be a number above 0", initial > 0 && Number.isFinite(initial), initial],
      ["growth must be a number from 1 on", growth >= 1 && Number.isFinite(growth), growth],
      ["backoff must be between 0 and 1", backoff > 0 && backoff < 1, backoff],
      ["interval must be a whole number of steps", Number.isInteger(interval) && interval > 0, interval],
    ] as const;
    for (const [rule, isMet, got] of rules) if (!isMet) throw new ArgumentError("LossScaler", { rule, got: `${got}` });
    [this.#factor, this.#growth, this.#backoff, this.#interval] = [initial, growth, backoff, interval];
  }

  /** What the loss is multiplied by. */
  get factor(): number {
    return this.#factor;
  }

  /** The loss to start backward from. */
  scale(loss: Tensor): Tensor {
    return mul(loss, this.#factor);
  }

  /**
   * Divides the gradients and takes the optimizer's step, or leaves it out where one of them isn't finite. Waits for the device.
   * @returns whether the step was taken.
   */
  async step(optimizer: Optimizer, grads: Gradients): Promise<boolean> {
    const largest = noGrad(() => scoped(() => largestOf(grads)));
    const isWhole = largest === undefined || Number.isFinite(await largest.item());
    largest?.dispose();
    if (!isWhole) {
      this.#factor *= this.#backoff;
      this.#streak = 0;
      return false;
    }
    const share = 1 / this.#factor;
    noGrad(() => scoped(() => grads.replace((grad) => mul(grad, share))));
    optimizer.step(grads);
    this.#streak++;
    if (this.#streak === this.#interval) {
      this.#factor *= this.#growth;
      this.#streak = 0;
    }
    return true;
  }

  get state(): LossScalerState {
    return { factor: this.#factor, streak: this.#streak };
  }

  /** Goes on where the scaler stopped that gave the state. */
  set state({ factor, streak }: LossScalerState) {
    [this.#factor, this.#streak] = [factor, streak];
  }
}

/** The largest magnitude of all gradients; NaN if one of them is. */
function largestOf({ tensors }: Gradients): Tensor | undefined {
  const filled = tensors.filter(({ elements }) => elements > 0);
  return filled.length === 0 ? undefined : amax(stack(filled.map((grad) => reshape(amax(abs(grad)), []))));
}
