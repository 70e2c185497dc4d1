import type { Device, LayerPath, TensorSpec } from "@vertebra/core";
import { compareArrays } from "../compare";
import type { Values } from "../reference/values";
import { type Bound, PRECISIONS, type Precision } from "../tolerance";
import { expect, type KernelName } from "./expectation";
import { toValues } from "./host-call";
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
  const { results, bounds } = await expect(kernel, { inputs, outputs, attrs }, { device: checker, precision });
  if (results.every((expected, i) => isSame(expected, actual[i] as Values))) return;
  if (device.features.includes("finite-math") && ![...inputs.map(toValues), ...results].every(isAllFinite)) return;
  const allowed = await bounds();
  for (const [i, expected] of results.entries()) {
    const deviation = compareArrays((actual[i] as Values).data, expected, twice(allowed[i] as Bound, precision), precision);
    if (deviation.fraction > 1) throw new WrongKernelError(call, { ...deviation, result: i }, device, checker);
  }
}

const receive = (operands: readonly RecordedOperand[]) =>
  Promise.all(operands.map(async ({ shape, dtype, content }) => ({ shape, dtype, bytes: await content })));

const isSame = ({ data }: Values, other: Values): boolean => data.every((value, i) => Object.is(value, other.at(i)));
const isAllFinite = ({ data }: Values): boolean => data.every(Number.isFinite);

/**
 * Both devices round, and either may take a subnormal number for 0. Root mean squares don't count here: values of real images
 * repeat, and so do their errors.
 */
const twice = ({ max }: Bound, { smallest }: Precision): Bound => ({ max: max.map((bound) => 2 * (bound + smallest)) });
