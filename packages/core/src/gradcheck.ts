import { backward, requireGrad } from "./autograd";
import { isComputeFloat } from "./dtype";
import { AutogradError } from "./errors";
import { add, mul } from "./ops/binary";
import { sum } from "./ops/sum";
import { Philox } from "./random";
import { scoped } from "./scope";
import { type Tensor, tensor } from "./tensor";

export interface GradcheckOptions {
  /** Step of the central differences. Default: 1e-5, right for f64; on f32 use 1e-2 and a tolerance of 1e-2. */
  readonly eps?: number;
  /** Largest difference, relative to the larger of the derivative and 1. Default: 1e-6. */
  readonly tolerance?: number;
  /** 2 also checks the derivatives of the derivatives. Default: 1. */
  readonly order?: 1 | 2;
}

type Differentiable = (...inputs: Tensor[]) => Tensor;

/**
 * Compares the derivatives of `fn` with central differences, element by element of every float input, for a random weighted sum
 * of its results. `fn` must be pure and smooth around `inputs`. Best on the f64 reference: in f32 little is left of a difference.
 * @throws AutogradError naming the first input and element whose derivative is wrong.
 */
export async function gradcheck(fn: Differentiable, inputs: readonly Tensor[], options: GradcheckOptions = {}): Promise<void> {
  await checkFirst(fn, inputs, options, "derivative");
  if (options.order === 2) await checkFirst(slopeOf(fn), inputs, options, "second derivative");
}

async function checkFirst(fn: Differentiable, inputs: readonly Tensor[], options: GradcheckOptions, what: string): Promise<void> {
  const { eps = 1e-5, tolerance = 1e-6 } = options;
  const values = await Promise.all(inputs.map(async (input) => Float64Array.from(await input.data())));
  const analytic = await gradientsAt(fn, inputs, values);
  for (const [index, grad] of analytic.entries()) {
    const own = values[index] as Float64Array;
    for (const [element, derivative] of (grad ?? []).entries()) {
      const at = async (moved: number) => lossAt(fn, inputs, values.with(index, own.with(element, moved)));
      const x = own[element] as number;
      const numeric = ((await at(x + eps)) - (await at(x - eps))) / (2 * eps);
      const scale = Math.max(1, Math.abs(derivative), Math.abs(numeric));
      if (Math.abs(derivative - numeric) <= tolerance * scale) continue;
      throw new AutogradError("gradcheck", {
        rule: `the ${what} by input ${index}, element ${element}, must be that of central differences`,
        got: `${derivative} instead of ${numeric}`,
      });
    }
  }
}

/** Σ weights · fn(inputs): one number that every result has a share in. */
const weighted = (y: Tensor): Tensor => sum(mul(y, weightsFor(y)));

/** The same weights every time. */
const weightsFor = (x: Tensor): Tensor =>
  tensor(new Philox(7).normalArray(x.elements), { shape: x.shape, dtype: x.dtype, device: x.device });

/** First derivatives of `fn` as a function that can be differentiated again. */
const slopeOf =
  (fn: Differentiable): Differentiable =>
  (...inputs) => {
    const leaves = inputs.map((input) => (isComputeFloat(input.dtype) ? requireGrad(input) : input));
    const grads = backward(weighted(fn(...leaves)), { createGraph: true });
    const slopes = leaves.flatMap((leaf) => grads.get(leaf) ?? []);
    return slopes.map(weighted).reduce((a, b) => add(a, b));
  };

async function lossAt(fn: Differentiable, inputs: readonly Tensor[], values: readonly Float64Array[]): Promise<number> {
  const loss = scoped(() => weighted(fn(...copies(inputs, values))));
  const value = await loss.item();
  loss.dispose();
  return value;
}

/** By input; undefined for those that have no derivative. */
async function gradientsAt(
  fn: Differentiable,
  inputs: readonly Tensor[],
  values: readonly Float64Array[],
): Promise<(number[] | undefined)[]> {
  const grads = scoped(() => {
    const leaves = copies(inputs, values);
    for (const leaf of leaves) if (isComputeFloat(leaf.dtype)) requireGrad(leaf);
    const loss = weighted(fn(...leaves));
    const found = loss.requiresGrad ? backward(loss) : undefined;
    return leaves.map((leaf) => found?.get(leaf));
  });
  return Promise.all(
    grads.map(async (grad, i) => {
      const input = inputs[i] as Tensor;
      if (!isComputeFloat(input.dtype)) return undefined;
      const list = grad ? [...(await grad.data())] : new Array<number>(input.elements).fill(0);
      grad?.dispose();
      return list;
    }),
  );
}

const copies = (inputs: readonly Tensor[], values: readonly Float64Array[]): Tensor[] =>
  inputs.map(({ shape, dtype, device }, i) => tensor(values[i] as Float64Array, { shape, dtype, device }));
