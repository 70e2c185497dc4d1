import { formatShape, StateDictError } from "../errors";
import type { StateSource, StateValue } from "../nn/state-dict";
import { isSameShape } from "../shape";
import type { Tensor } from "../tensor";
import type { ActiveGroup, TrainedParameter } from "./optimizer";

/** State of all groups as host arrays; parameters are numbered through, as in PyTorch's optimizer files. */
export async function readState(groups: readonly ActiveGroup[]): Promise<Map<string, StateValue>> {
  const dict = new Map<string, StateValue>();
  for (const [g, { lr }] of groups.entries()) dict.set(`group.${g}.lr`, scalar("f64", new Float64Array([lr])));
  for (const [i, { state, steps }] of allParameters(groups).entries()) {
    if (!state) continue;
    dict.set(`${i}.steps`, scalar("i32", new Int32Array([steps])));
    for (const [name, value] of Object.entries(state)) {
      dict.set(`${i}.${name}`, { dtype: value.dtype, shape: value.shape, bytes: await value.bytes() });
    }
  }
  return dict;
}

/** Puts a state dict back; `make` gives the tensors of a parameter's state. @throws StateDictError listing all that doesn't fit. */
export function writeState(
  where: string,
  groups: readonly ActiveGroup[],
  source: StateSource,
  names: (group: ActiveGroup) => readonly string[],
  make: (group: ActiveGroup, entry: TrainedParameter) => Readonly<Record<string, Tensor>>,
): void {
  const problems: string[] = [];
  const known = new Set<string>();
  const take = (name: string, dtype: string, shape: readonly number[]): StateValue | undefined => {
    known.add(name);
    const value = source.get(name);
    if (value?.dtype === dtype && isSameShape(value.shape, shape)) return value;
    problems.push(
      `${name}: expected ${dtype} ${formatShape(shape)}, got ${value ? `${value.dtype} ${formatShape(value.shape)}` : "none"}`,
    );
    return undefined;
  };
  const rates = groups.map((_, g) => take(`group.${g}.lr`, "f64", []));
  const writes: (() => void)[] = [];
  let i = 0;
  for (const group of groups) {
    for (const entry of group.parameters) {
      const prefix = `${i++}.`;
      if (!source.has(`${prefix}steps`)) {
        writes.push(() => forget(entry));
        continue;
      }
      const steps = take(`${prefix}steps`, "i32", []);
      const { param } = entry;
      const values = names(group).map((name) => [name, take(prefix + name, param.dtype, param.shape)] as const);
      writes.push(() => {
        const state = (entry.state ??= make(group, entry));
        entry.steps = viewOf(steps as StateValue).getInt32(0, true);
        for (const [name, value] of values) (state[name] as Tensor).writeBytes((value as StateValue).bytes);
      });
    }
  }
  for (const name of source.keys()) if (!known.has(name)) problems.push(`${name}: unexpected`);
  if (problems.length > 0) {
    throw new StateDictError(where, {
      rule: "the state must be of this optimizer over the same parameters",
      got: problems.join("; "),
    });
  }
  for (const write of writes) write();
  for (const [g, group] of groups.entries()) group.lr = viewOf(rates[g] as StateValue).getFloat64(0, true);
}

const allParameters = (groups: readonly ActiveGroup[]): TrainedParameter[] => groups.flatMap(({ parameters }) => parameters);

const scalar = (dtype: "f64" | "i32", value: Float64Array | Int32Array): StateValue => ({
  dtype,
  shape: [],
  bytes: new Uint8Array(value.buffer),
});

const viewOf = ({ bytes }: StateValue): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function forget(entry: TrainedParameter): void {
  for (const value of Object.values(entry.state ?? {})) value.dispose();
  entry.state = undefined;
  entry.steps = 0;
}
