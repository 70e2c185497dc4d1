import {
  type Buffer,
  countElements,
  type Device,
  DTYPES,
  decode,
  encode,
  type Kernel,
  type Op,
  type Operand,
  type OpName,
  type TensorSpec,
} from "@vertebra/core";
import { opOf } from "../case-values";
import { Values } from "../reference/values";

/** A tensor's bytes on the host. */
export interface HostOperand extends TensorSpec {
  readonly bytes: Uint8Array;
}

/** A kernel call with its arguments on the host. */
export interface HostCall<Attrs = unknown> {
  readonly inputs: readonly HostOperand[];
  readonly outputs: readonly TensorSpec[];
  readonly attrs: Attrs;
}

export const byteLengthOf = ({ shape, dtype }: TensorSpec): number => countElements(shape) * DTYPES[dtype].bytes;

export const toValues = ({ shape, dtype, bytes }: HostOperand): Values =>
  new Values(shape, new Float64Array(decode(bytes, dtype)));

/** `values` stored as `spec` is. */
export const toHostOperand = ({ shape, data }: Values, { dtype }: TensorSpec): HostOperand => ({
  shape,
  dtype,
  bytes: encode(data, dtype),
});

/** The outputs, then the inputs that a kernel overwrites. */
export const writtenBy = <T>(op: Pick<Op<unknown>, "mutates">, inputs: readonly T[], outputs: readonly T[]): readonly T[] => [
  ...outputs,
  ...(op.mutates ?? []).flatMap((index) => inputs[index] ?? []),
];

/** Runs the kernel of `op` on values of the host. @returns what it wrote. Nothing stays on the device. */
export async function runOnHost(device: Device, op: OpName, { inputs, outputs, attrs }: HostCall): Promise<readonly Values[]> {
  const buffers: Buffer[] = [];
  const place = ({ shape, dtype }: TensorSpec): Operand => {
    const buffer = device.allocate(byteLengthOf({ shape, dtype }));
    buffers.push(buffer);
    return { buffer, shape, dtype };
  };
  try {
    const operands = inputs.map((input) => {
      const operand = place(input);
      device.write(operand.buffer, input.bytes);
      return operand;
    });
    const results = outputs.map(place);
    (device.kernels[op] as Kernel<unknown>)(operands, results, attrs);
    const read = async (operand: Operand) =>
      toValues({ ...operand, bytes: await device.read(operand.buffer, byteLengthOf(operand)) });
    return await Promise.all(writtenBy(opOf(op), operands, results).map(read));
  } finally {
    for (const buffer of buffers) device.release(buffer);
  }
}
