import { type Buffer, countElements, DTYPES, decode, encode, type Kernel, type Operand } from "@vertebra/core";
import { type Meaning, Values } from "./values";

/** The reference's memory: bytes on the host. */
export interface HostBuffer extends Buffer {
  readonly data: Uint8Array;
}

const bytesOf = ({ buffer, shape, dtype }: Operand): Uint8Array =>
  (buffer as HostBuffer).data.subarray(0, countElements(shape) * DTYPES[dtype].bytes);

/** The elements as doubles. */
export const load = (operand: Operand): Values =>
  new Values(operand.shape, Float64Array.from(decode(bytesOf(operand), operand.dtype)));

/** Stores doubles, rounded to the operand's dtype. */
export const store = (operand: Operand, values: Values): void => bytesOf(operand).set(encode(values.data, operand.dtype));

/** A backend's kernel from the meaning of an op; what the op overwrites comes back as results of the meaning. */
export const toKernel =
  <Attrs>(meaning: Meaning<Attrs>, mutates: readonly number[] = []): Kernel<Attrs> =>
  (inputs, outputs, attrs) => {
    const shapes = outputs.map(({ shape }) => shape);
    const results = meaning({ attrs, shapes, shape: shapes[0] ?? [] }, ...inputs.map(load));
    const targets = [...outputs, ...mutates.flatMap((index) => inputs[index] ?? [])];
    for (const [i, target] of targets.entries()) store(target, results[i] as Values);
  };
