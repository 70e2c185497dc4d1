import { countElements, type DType, decode, encode, OPS, type Op, type OpName, Philox, type TensorSpec } from "@vertebra/core";
import type { OpCase } from "./cases/types";
import { Values } from "./reference/values";

/** An argument with its values, the same for every device. */
export interface Argument {
  readonly values: Values;
  readonly dtype: "float" | DType;
}

/** FNV-1a: every case has a random stream of its own, whichever others are run. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

/** The case's random numbers; `purpose` sets apart arguments, dy and directions. */
export const randomOf = (op: string, name: string, purpose: string): Philox => new Philox(hash(`${op}/${name}/${purpose}`));

/** Arguments of a case. Floats are f32 numbers, so that f64 devices compute with the same. */
export function argumentsOf(op: OpName, { name, inputs }: OpCase<unknown>): Argument[] {
  const random = randomOf(op, name, "arguments");
  return inputs.map(({ shape, dtype, values }) => {
    const stored = dtype === "float" ? "f32" : dtype;
    const rounded = decode(encode(values(random, countElements(shape)), stored), stored);
    return { dtype, values: new Values(shape, Float64Array.from(rounded)) };
  });
}

/** Shapes and dtypes of the results, floats as `floatDtype`. */
export function resultSpecs(
  op: OpName,
  arguments_: readonly Argument[],
  attrs: unknown,
  floatDtype: DType,
): readonly TensorSpec[] {
  const specs = arguments_.map(({ values, dtype }) => ({ shape: values.shape, dtype: dtype === "float" ? floatDtype : dtype }));
  return opOf(op).infer(specs, attrs);
}

/** The op with its attributes' type given up: cases and ops are paired by name. */
export const opOf = (name: OpName): Op<unknown> => OPS[name] as Op<unknown>;
