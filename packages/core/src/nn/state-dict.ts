import { withRecording } from "../apply";
import { type DType, decode } from "../dtype";
import { formatShape, StateDictError, type StateMisfit } from "../errors";
import { shownName } from "../io/host-tensor";
import { copyInto } from "../ops/copyInto";
import { isSameShape, type Shape } from "../shape";
import { Tensor } from "../tensor";
import { adaptInputChannels } from "./adapt-input";

/** A named array on the host: bytes of `dtype` in little-endian logical order, as checkpoint readers give them. */
export interface StateValue {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

export type StateSource = ReadonlyMap<string, StateValue>;

/** Values by name: read from a file, or another module's `stateDict()` on the same device. */
export type ModuleState = ReadonlyMap<string, StateValue | Tensor>;

export interface LoadOptions {
  /** False: load what fits and report the rest. Default: true. */
  readonly strict?: boolean;
  /** Fits the first convolution to another number of channels (`adaptInputChannels`). Default: where `strict` is false. */
  readonly adaptInput?: boolean;
}

export interface LoadFileOptions extends LoadOptions {
  /** True: a file's averaged weights; false: its trained ones. Default: the trained ones where there are any. */
  readonly ema?: boolean;
}

export interface LoadReport {
  readonly loaded: readonly string[];
  /** In the model, not in the source. */
  readonly missing: readonly string[];
  /** In the source, not in the model. */
  readonly unexpected: readonly string[];
  /** In both, with another shape or dtype: `name: model [64, 3, 7, 7], checkpoint [64, 1, 7, 7]`. */
  readonly mismatched: readonly string[];
  /** Loaded after fitting the channels: `conv1.weight: model [64, 1, 7, 7], checkpoint [64, 3, 7, 7]`. */
  readonly adapted: readonly string[];
  /** What `load` did to the file's names and tensors, in order. */
  readonly rules: readonly string[];
}

/**
 * Copies `source` into `target` by name; counters of batch norm may be missing where its statistics are there.
 * @throws StateDictError (strict) with everything that doesn't fit; nothing is changed then.
 */
export function loadInto(target: ReadonlyMap<string, Tensor>, source: ModuleState, options: LoadOptions): LoadReport {
  const { strict = true, adaptInput = !strict } = options;
  const { fitting, uncounted, ...rest } = matchState(target, source);
  const [adapted, mismatched]: [string[], string[]] = [[], []];
  const [first] = target.keys();
  for (const [name, own, value] of rest.mismatched) {
    const fitted = adaptInput && name === first && !(value instanceof Tensor) ? adaptInputChannels(value, own.shape) : undefined;
    if (fitted) fitting.unshift([name, own, fitted]);
    (fitted ? adapted : mismatched).push(difference(name, own, value));
  }
  const { missing, unexpected } = rest;
  const report = { loaded: fitting.map(([name]) => name), missing, unexpected, mismatched, adapted, rules: [] };
  if (strict && missing.length + unexpected.length + mismatched.length > 0)
    throw stateDictError({ missing, unexpected, mismatched });
  for (const [, own, value] of fitting) writeValue(own, value);
  for (const counter of uncounted) counter.write([0]);
  return report;
}

/**
 * Checks names and shapes as strict loading does, without any values.
 * @throws StateDictError with everything that doesn't fit.
 */
export function requireFit(target: ReadonlyMap<string, Tensor>, source: ReadonlyMap<string, { readonly shape: Shape }>): void {
  const { missing, unexpected, ...match } = matchState(target, source);
  const mismatched = match.mismatched.map(([name, own, value]) => difference(name, own, value));
  if (missing.length + unexpected.length + mismatched.length > 0) throw stateDictError({ missing, unexpected, mismatched });
}

interface Match<V> {
  readonly fitting: [string, Tensor, V][];
  readonly mismatched: [string, Tensor, V][];
  readonly missing: string[];
  readonly unexpected: string[];
  /** Counters of batch norm that the source has none for. */
  readonly uncounted: Tensor[];
}

function matchState<V extends { readonly shape: Shape }>(
  target: ReadonlyMap<string, Tensor>,
  source: ReadonlyMap<string, V>,
): Match<V> {
  const unexpected = [...source.keys()].filter((name) => !target.has(name));
  const match: Match<V> = { fitting: [], mismatched: [], missing: [], unexpected, uncounted: [] };
  for (const [name, own] of target) {
    const value = source.get(name);
    if (value) (isSameShape(value.shape, own.shape) ? match.fitting : match.mismatched).push([name, own, value]);
    else if (isUncounted(name, source)) match.uncounted.push(own);
    else match.missing.push(name);
  }
  return match;
}

const difference = (name: string, own: Tensor, value: { readonly shape: Shape }): string =>
  `${shownPlain(name)}: model ${formatShape(own.shape)}, checkpoint ${formatShape(value.shape)}`;

const COUNTER = /(^|\.)num_batches_tracked$/;

/** Batch norm's counter of batches isn't in files from before PyTorch 0.4.1; there it starts at 0, as PyTorch has it. */
const isUncounted = (name: string, source: ReadonlyMap<string, unknown>): boolean =>
  COUNTER.test(name) && source.has(name.replace(COUNTER, "$1running_mean"));

function writeValue(target: Tensor, value: StateValue | Tensor): void {
  if (value instanceof Tensor) withRecording(false, () => copyInto(target, value));
  else if (value.dtype === target.dtype) target.writeBytes(value.bytes);
  else target.write(decode(value.bytes, value.dtype));
}

function stateDictError(misfit: StateMisfit): StateDictError {
  const list = (title: string, names: readonly string[]) =>
    names.length > 0 ? [`${title} (${names.length}): ${names.join(", ")}`] : [];
  const { missing, unexpected, mismatched } = misfit;
  const got = [
    ...list("missing", missing),
    ...list("unexpected", unexpected.map(shownPlain)),
    ...list("mismatched", mismatched),
  ].join("; ");
  const rule = "the checkpoint's names and shapes must be the model's";
  return new StateDictError("loadStateDict", { rule, got, fix: "Pass { strict: false } to load what fits" }, misfit);
}

/** A name as it stands where it is like those of layers; else, as a file may have it, escaped: terminals obey control characters. */
const shownPlain = (name: string): string => (/^[\w./:-]{1,200}$/.test(name) ? name : shownName(name));
