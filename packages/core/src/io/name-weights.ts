import { type DType, decode, encode } from "../dtype";
import { ArgumentError, FileFormatError } from "../errors";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import type { Module } from "../nn/module";
import { type HostTensor, isFileOnly } from "./host-tensor";
import { applyKeyTable } from "./key-table";
import { type NameMap, stateNames, withoutExtraCounters } from "./state-names";
import { entryOf, type TensorEntry, type TensorFile } from "./tensor-file";

export interface NameWeightsOptions {
  /** Whose names and shapes the weights are to have. Without it names are only freed from what training loops put around them. */
  readonly model?: Module<unknown>;
  /** True: averaged weights; false: trained ones. Default: the trained ones where the file has any. */
  readonly ema?: boolean | undefined;
}

/** A file as a model calls its tensors. */
export interface NamedWeights extends TensorFile {
  /** What was done to names and tensors, in order; empty where the file was as the model is. */
  readonly rules: readonly string[];
}

/** Metadata in which a reader says how much a file's batch norms add to the variance, by layer. */
export const epsKey = (layer: string): string => `${layer}.eps`;

const VARIANCE = /(?:^|\.)running_var$/;

/**
 * A file's tensors under the names of a model: by the rules for any file (`stateNames`), then by the model's own `keyTables`.
 * Nothing is read until it is asked for. What fits nowhere keeps its name, so that loading can tell of it.
 * @throws ArgumentError if `ema` asks for averaged weights of a file without.
 */
export function nameWeights(file: TensorFile, where: string, { model, ema }: NameWeightsOptions = {}): NamedWeights {
  const wanted = model && new Set(model.stateDict().keys());
  const found = stateNames(file.entries.keys(), { wanted, ema }, where);
  let names: NameMap = found.names;
  const rules = [...found.rules];
  const flattened = new Set<string>();
  const folded = new Map<string, string>();
  for (const table of model?.keyTables ?? []) {
    const result = wanted && applyKeyTable(table, names, wanted);
    if (!result) continue;
    names = result.names;
    for (const name of result.flattened) flattened.add(name);
    for (const [mean, bias] of result.folded) folded.set(mean, bias);
    rules.push(table.name);
  }
  const counted = wanted && withoutExtraCounters(names, wanted);
  if (counted) {
    names = counted[0];
    rules.push(counted[1]);
  }
  const shifts = varianceShifts(file, names, model);
  if (folded.size > 0) rules.push("biases of convolutions taken from the means of the norms behind");
  if (shifts.size > 0) rules.push("variances for the model's eps");

  const entries = new Map<string, TensorEntry>();
  for (const [name, own] of names) {
    const { dtype, shape } = file.entries.get(own) as TensorEntry;
    entries.set(name, { dtype, shape: flattened.has(name) ? flatShape(shape) : shape });
  }
  const read: TensorFile["read"] = async (name) => {
    const { shape } = entryOf(entries, name, where);
    const tensor = { ...(await file.read(names.get(name) as string)), shape };
    const bias = folded.get(name);
    const shift = shifts.get(name);
    if (bias !== undefined) return minus(tensor, await file.read(bias), where, name);
    return shift === undefined ? tensor : plusShift(tensor, shift, where, name);
  };
  return { entries, metadata: file.metadata, read, rules };
}

/** [N, C, h, w] → [N, C · h · w]; a bias stays as it is. */
const flatShape = (shape: readonly number[]): readonly number[] =>
  shape.length < 3 ? shape : [shape[0] as number, shape.slice(1).reduce((a, b) => a * b, 1)];

/** By how much variances must grow so that variance + eps stays what it was. */
function varianceShifts(file: TensorFile, names: NameMap, model: Module<unknown> | undefined): Map<string, number> {
  const shifts = new Map<string, number>();
  for (const [path, layer] of model?.namedModules() ?? []) {
    const own = layer instanceof BatchNorm2d ? names.get(`${path}.running_var`) : undefined;
    const eps = own && file.metadata.get(epsKey(own.replace(VARIANCE, "")));
    if (eps && layer instanceof BatchNorm2d && Number(eps) !== layer.eps)
      shifts.set(`${path}.running_var`, Number(eps) - layer.eps);
  }
  return shifts;
}

function minus(tensor: HostTensor, bias: HostTensor, where: string, name: string): HostTensor {
  const values = valuesOf(bias, where, name);
  if (values.length === valuesOf(tensor, where, name).length)
    return mapped(tensor, where, name, (value, i) => value - (values[i] as number));
  const rule = "a bias must have as many values as the norm behind it";
  throw new ArgumentError(where, { rule, got: `${values.length} for ${name}` });
}

function plusShift(tensor: HostTensor, shift: number, where: string, name: string): HostTensor {
  return mapped(tensor, where, name, (value) => {
    if (value + shift >= 0) return value + shift;
    throw new FileFormatError(where, {
      rule: `variances in ${name} must stay ≥ 0 with the model's eps`,
      got: `${value} and ${shift} more`,
    });
  });
}

function mapped(tensor: HostTensor, where: string, name: string, fn: (value: number, i: number) => number): HostTensor {
  const values = Float64Array.from(valuesOf(tensor, where, name), fn);
  return { ...tensor, bytes: encode(values, tensor.dtype as DType) };
}

function valuesOf({ dtype, bytes }: HostTensor, where: string, name: string): ArrayLike<number> & Iterable<number> {
  if (!isFileOnly(dtype)) return decode(bytes, dtype);
  throw new FileFormatError(where, { rule: `${name} must be of floats`, got: dtype });
}
