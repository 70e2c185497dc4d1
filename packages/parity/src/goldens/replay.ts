import {
  add,
  backward,
  type Device,
  isSameShape,
  type Module,
  mul,
  requireGrad,
  Scope,
  sum,
  Tensor,
  VertebraError,
} from "@vertebra/core";
import { Attrs, Lacking } from "./attrs";
import { Inputs, numberIn, upload, viewOf } from "./inputs";
import type { GoldenRow } from "./manifest";
import { moduleRow } from "./module-row";
import { findGoldenOp } from "./ops";
import { deviceWithMask } from "./ops-random";
import type { GoldenOp, Results } from "./ops-types";
import type { RowFile } from "./row-file";

/** Makes a block from a row's `args` on the current device. */
export interface BlockMaker {
  (args: Readonly<Record<string, unknown>>): Module;
  /** Names of all options: with them, rows that ask for others are lacking. Left out: the block takes what it gets. */
  readonly options?: Readonly<Record<string, "optional" | "required">>;
}

/** Blocks by public name. */
export type Blocks = Readonly<Record<string, BlockMaker>>;

/** What a row gives on a device: values by the row's names. */
export interface Replayed {
  readonly outputs: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;
  /** Undefined where the result doesn't depend on the input. */
  readonly gradients: ReadonlyMap<string, ArrayLike<number> | undefined>;
}

/**
 * Runs one row: arguments on the device, views built, the call made, gradients fed back, all read.
 * @throws Lacking for what Vertebra doesn't have, VertebraError where it refuses the call.
 */
export async function replay(row: GoldenRow, file: RowFile, on: Device, blocks: Blocks): Promise<Replayed> {
  const isRandom = row.op === "dropout" || row.op === "stochastic_depth";
  const device = isRandom ? deviceWithMask(on, file.numbers) : on;
  const scope = new Scope(undefined);
  try {
    const { outputs, gradients } = scope.run(() => call(row, file, device, blocks));
    return {
      outputs: new Map(
        await Promise.all([...outputs].map(async ([name, y]) => [name, { shape: y.shape, data: await y.data() }] as const)),
      ),
      gradients: new Map(await Promise.all([...gradients].map(async ([name, grad]) => [name, await grad?.data()] as const))),
    };
  } finally {
    scope.end();
  }
}

function call(row: GoldenRow, file: RowFile, device: Device, blocks: Blocks) {
  const attrs = new Attrs(row.attrs);
  const wanted = Object.keys(row.gradients);
  const leaves = new Map<string, Tensor>();
  const tensors = new Map<string, Tensor>();
  for (const [name, stored] of file.inputs) {
    const leaf = upload(name, stored, device);
    if (wanted.includes(name)) requireGrad(leaf);
    leaves.set(name, leaf);
    const view = attrs.raw(`view_of_${name}`);
    tensors.set(name, view === undefined ? leaf : viewOf(leaf, view));
  }
  const inputs = new Inputs(tensors);
  const run = goldenOpOf(row, blocks, leaves)(attrs, inputs, file.numbers);
  attrs.requireAllRead();
  inputs.requireAllRead();
  const outputs = named(run(), Object.keys(row.outputs));
  const gradients = wanted.length > 0 ? gradientsOf(row, file, device, outputs, leaves) : new Map<string, Tensor | undefined>();
  return { outputs, gradients };
}

function goldenOpOf(row: GoldenRow, blocks: Blocks, leaves: Map<string, Tensor>): GoldenOp {
  const op = row.op === "module" ? moduleRow(blocks, leaves) : findGoldenOp(row.op);
  if (op) return op;
  throw new Lacking(`op ${row.op}`);
}

/** Results under the row's names: by name, by number where there are several, or the only one. */
function named(results: Results, names: readonly string[]): Map<string, Tensor> {
  return new Map(
    names.map((name) => {
      const found = find(results, name, names);
      if (found) return [name, found];
      throw new Lacking(`output ${name}`);
    }),
  );
}

function find(results: Results, name: string, names: readonly string[]): Tensor | undefined {
  if (results instanceof Tensor) return names.length === 1 || isResult(name) ? results : undefined;
  if (Array.isArray(results)) return /\d/.test(name) ? results[numberIn(name) - Math.min(...names.map(numberIn))] : undefined;
  const byName = results as Readonly<Record<string, Tensor>>;
  const own = Object.hasOwn(byName, name) ? byName[name] : undefined;
  return (
    own ?? (isResult(name) ? (byName.y ?? byName.values) : /^\D+\d+$/.test(name) ? byName[String(numberIn(name))] : undefined)
  );
}

/** Names for the one result of a call. */
const isResult = (name: string): boolean => ["y", "out", "output", "result", "loss", "values"].includes(name);

/** Gradients of Σ outputs · what is fed back, by the row's inputs. */
function gradientsOf(
  row: GoldenRow,
  file: RowFile,
  device: Device,
  outputs: ReadonlyMap<string, Tensor>,
  leaves: ReadonlyMap<string, Tensor>,
) {
  const fed = [...file.fedBack].flatMap(([name, stored]) => {
    const y = outputs.get(name);
    return y?.requiresGrad ? [[y, upload(name, stored, device)] as const] : [];
  });
  const found = fed.length === 0 ? undefined : feedBack(fed);
  return new Map(Object.keys(row.gradients).map((name) => [name, found?.get(leaves.get(name) as Tensor)]));
}

function feedBack(fed: readonly (readonly [y: Tensor, dy: Tensor])[]) {
  const [first, ...others] = fed;
  if (first && others.length === 0 && isSameShape(first[0].shape, first[1].shape)) return backward(first[0], { dy: first[1] });
  return backward(fed.map(([y, dy]) => sum(mul(y, dy))).reduce((a, b) => add(a, b)));
}

/** True for an error that Vertebra throws on purpose: what an `error` row asks for. */
export const isRefusal = (error: unknown): boolean => error instanceof VertebraError;
