import { type Device, encode, isHalf, type LayerPath, type TensorSpec } from "@vertebra/core";
import { opOf } from "../case-values";
import { compareArrays } from "../compare";
import { isExact, roundTo } from "../expectation";
import { halfBound } from "../half";
import type { Values } from "../reference/values";
import { type Bound, PRECISIONS, type Precision } from "../tolerance";
import { expect, isFused, type KernelName } from "./expectation";
import { type HostCall, toValues } from "./host-call";
import { WrongKernelError } from "./wrong-kernel-error";

/** A kernel call as it was made: what its arguments held before, and what it wrote. */
export interface RecordedCall {
  readonly kernel: KernelName;
  readonly attrs: unknown;
  readonly layer: LayerPath;
  readonly inputs: readonly RecordedOperand[];
  readonly outputs: readonly TensorSpec[];
  /** The outputs, then the inputs that were overwritten. */
  readonly written: readonly RecordedOperand[];
}

export interface RecordedOperand extends TensorSpec {
  readonly content: Promise<Uint8Array>;
}

/** Runs the call again on `checker`. @throws WrongKernelError if a result differs by more than both devices may be off. */
export async function checkCall(call: RecordedCall, device: Device, checker: Device): Promise<void> {
  const { kernel, outputs, attrs } = call;
  const precision = PRECISIONS[device.floatDtype];
  const [inputs, written] = await Promise.all([receive(call.inputs), receive(call.written)]);
  const actual = written.map(toValues);
  const given = { inputs, outputs, attrs };
  const expectation = await expect(kernel, moves(kernel) ? given : inWide(given, device), { device: checker, precision });
  const { bounds } = expectation;
  const results = expectation.results.map((result, i) => rounded(result, written[i]));
  if (results.every((expected, i) => isSame(expected, actual[i] as Values))) return;
  if (device.features.includes("finite-math") && ![...inputs.map(toValues), ...results].every(isAllFinite)) return;
  const allowed = (await bounds()).map((bound, i) => roundedBound(expectation.results[i] as Values, bound, written[i]));
  for (const [i, expected] of results.entries()) {
    const deviation = compareArrays((actual[i] as Values).data, expected, twice(allowed[i] as Bound, precision), precision);
    if (deviation.fraction > 1) throw new WrongKernelError(call, { ...deviation, result: i }, device, checker);
  }
}

const moves = (kernel: KernelName): boolean => !isFused(kernel) && opOf(kernel).moves === true;

/** The same call with 32 bits instead of 16, which the checker has kernels for. */
const inWide = ({ inputs, outputs, attrs }: HostCall, { floatDtype }: Device): HostCall => ({
  inputs: inputs.map((input) =>
    isHalf(input.dtype) ? { ...input, dtype: floatDtype, bytes: encode(toValues(input).data, floatDtype) } : input,
  ),
  outputs: outputs.map((output) => (isHalf(output.dtype) ? { ...output, dtype: floatDtype } : output)),
  attrs,
});

const rounded = (result: Values, operand: TensorSpec | undefined): Values =>
  operand && isHalf(operand.dtype) ? roundTo(result, operand.dtype) : result;

/** With the rounding to 16 bits, where the result has these. */
const roundedBound = (result: Values, bound: Bound, operand: TensorSpec | undefined): Bound =>
  operand && isHalf(operand.dtype) && !isExact(bound) ? halfBound(result, bound, operand.dtype) : bound;

const receive = (operands: readonly RecordedOperand[]) =>
  Promise.all(operands.map(async ({ shape, dtype, content }) => ({ shape, dtype, bytes: await content })));

const isSame = ({ data }: Values, other: Values): boolean => data.every((value, i) => Object.is(value, other.at(i)));
const isAllFinite = ({ data }: Values): boolean => data.every(Number.isFinite);

/**
 * Both devices round, and either may take a subnormal number for 0. Root mean squares don't count here: values of real images
 * repeat, and so do their errors.
 */
const twice = ({ max }: Bound, { smallest }: Precision): Bound => ({ max: max.map((bound) => 2 * (bound + smallest)) });
