import { type DType, decode } from "../dtype";
import { formatShape, StateDictError } from "../errors";
import { isSameShape, type Shape } from "../shape";
import type { Tensor } from "../tensor";

/** A named array on the host: bytes of `dtype` in little-endian logical order, as checkpoint readers give them. */
export interface StateValue {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

export type StateSource = ReadonlyMap<string, StateValue>;

export interface LoadOptions {
  /** False: load what fits and report the rest. Default: true. */
  readonly strict?: boolean;
}

export interface LoadReport {
  readonly loaded: readonly string[];
  /** In the model, not in the source. */
  readonly missing: readonly string[];
  /** In the source, not in the model. */
  readonly unexpected: readonly string[];
  /** In both, with another shape or dtype: `name: model [64, 3, 7, 7], checkpoint [64, 1, 7, 7]`. */
  readonly mismatched: readonly string[];
}

/**
 * Copies `source` into `target` by name; counters of batch norm may be missing where its statistics are there.
 * @throws StateDictError (strict) with everything that doesn't fit; nothing is changed then.
 */
export function loadInto(target: ReadonlyMap<string, Tensor>, source: StateSource, { strict = true }: LoadOptions): LoadReport {
  const missing: string[] = [];
  const mismatched: string[] = [];
  const fitting: [string, Tensor, StateValue][] = [];
  const uncounted: Tensor[] = [];
  for (const [name, own] of target) {
    const value = source.get(name);
    if (!value && isUncounted(name, source)) uncounted.push(own);
    else if (!value) missing.push(name);
    else if (!isSameShape(value.shape, own.shape))
      mismatched.push(`${name}: model ${formatShape(own.shape)}, checkpoint ${formatShape(value.shape)}`);
    else fitting.push([name, own, value]);
  }
  const unexpected = [...source.keys()].filter((name) => !target.has(name));
  const report = { loaded: fitting.map(([name]) => name), missing, unexpected, mismatched };
  if (strict && missing.length + unexpected.length + mismatched.length > 0) throw stateDictError(report);
  for (const [, own, value] of fitting) writeValue(own, value);
  for (const counter of uncounted) counter.write([0]);
  return report;
}

const COUNTER = /(^|\.)num_batches_tracked$/;

/** Batch norm's counter of batches isn't in files from before PyTorch 0.4.1; there it starts at 0, as PyTorch has it. */
const isUncounted = (name: string, source: StateSource): boolean =>
  COUNTER.test(name) && source.has(name.replace(COUNTER, "$1running_mean"));

function writeValue(target: Tensor, value: StateValue): void {
  if (value.dtype === target.dtype) target.writeBytes(value.bytes);
  else target.write(decode(value.bytes, value.dtype));
}

function stateDictError({ missing, unexpected, mismatched }: LoadReport): StateDictError {
  const list = (title: string, names: readonly string[]) =>
    names.length > 0 ? [`${title} (${names.length}): ${names.join(", ")}`] : [];
  const got = [...list("missing", missing), ...list("unexpected", unexpected), ...list("mismatched", mismatched)].join("; ");
  return new StateDictError("loadStateDict", {
    rule: "the checkpoint's names and shapes must be the model's",
    got,
    fix: "Pass { strict: false } to load what fits",
  });
}
