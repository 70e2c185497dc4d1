import { type DType, isHalf } from "../dtype";
import { DTypeError } from "../errors";
import type { TensorSpec } from "../shape";

const WIDE: readonly DType[] = ["f32", "f64"];
const FLOATS: readonly DType[] = [...WIDE, "f16", "bf16"];
const NUMBERS: readonly DType[] = [...FLOATS, "i32"];

/** @throws DTypeError unless all specs have one and the same dtype out of `allowed`. */
function requireDType(
  op: string,
  names: readonly string[],
  specs: readonly TensorSpec[],
  allowed: readonly DType[] | null,
): DType {
  const first = specs[0] as TensorSpec;
  const got = () => specs.map(({ dtype }, i) => `${names[i] ?? names.at(-1)} ${dtype}`).join(", ");
  if (allowed && !allowed.includes(first.dtype)) {
    throw new DTypeError(op, { rule: `${names[0]} must be ${allowed.join(" or ")}`, got: got(), fix: "Convert it with toDtype" });
  }
  if (specs.some(({ dtype }) => dtype !== first.dtype)) {
    throw new DTypeError(op, { rule: `${names.join(", ")} must have one dtype`, got: got(), fix: "Convert one with toDtype" });
  }
  return first.dtype;
}

/** One floating dtype for all. */
export const requireFloats = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, FLOATS);

/** f32 or f64, one for all: what is updated a little at a time. */
export const requireWideFloats = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, WIDE);

/**
 * One floating dtype for those of `names` in `maps`, and for the others theirs or, where that has 16 bits, one of more: numbers by channel
 * stay exact beside maps of half the memory. @returns the dtype of the maps and of the others.
 */
export function requireMapsAndChannels(
  op: string,
  names: readonly string[],
  specs: readonly TensorSpec[],
  maps: readonly string[],
): { readonly map: DType; readonly channel: DType } {
  const isMap = specs.map((_, i) => maps.includes(names[i] as string));
  const map = requireFloats(
    op,
    maps,
    specs.filter((_, i) => isMap[i]),
  );
  if (!isHalf(map)) return { map, channel: requireFloats(op, names, specs) };
  const others = names.filter((name) => !maps.includes(name));
  const byChannel = specs.filter((_, i) => !isMap[i]);
  return { map, channel: byChannel.length > 0 ? requireWideFloats(op, others, byChannel) : map };
}

/** One dtype for all: a float or i32. */
export const requireNumbers = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, NUMBERS);

/** One dtype for all, whichever it is: for ops that only move elements. */
export const requireSameDType = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, null);

/** @throws DTypeError unless `spec` is `dtype`. */
export function requireExactly(op: string, name: string, spec: TensorSpec, dtype: DType): void {
  if (spec.dtype === dtype) return;
  throw new DTypeError(op, { rule: `${name} must be ${dtype}`, got: spec.dtype, fix: `Convert it with toDtype("${dtype}")` });
}
