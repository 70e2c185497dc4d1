import { decode, type HostTensor, readSafetensors, toMemoryTensor } from "@vertebra/core";
import type { StoredNumbers } from "./ops-types";

/** The tensors of a row's file, by what they are for and then by name. */
export interface RowFile {
  readonly inputs: ReadonlyMap<string, HostTensor>;
  readonly numbers: StoredNumbers;
  /** Gradients fed back, by output. */
  readonly fedBack: ReadonlyMap<string, HostTensor>;
  /** What PyTorch gave: `out.<name>` and `grad.<name>` in double, `out32.` and `grad32.` in float. */
  expected(
    kind: "out" | "grad" | "out32" | "grad32",
    name: string,
  ): { shape: readonly number[]; data: ArrayLike<number> } | undefined;
}

export function parseRowFile(bytes: Uint8Array | undefined, where: string): RowFile {
  const { tensors } = bytes ? readSafetensors(bytes, where) : { tensors: new Map<string, HostTensor>() };
  const group = (prefix: string) =>
    new Map([...tensors].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])));
  const inputs = group("in.");
  const outputs = group("out.");
  const toData = (name: string, stored: HostTensor): ArrayLike<number> => {
    const { bytes: raw, dtype } = toMemoryTensor(where, name, stored);
    return decode(raw, dtype);
  };
  const toNumbers = (map: ReadonlyMap<string, HostTensor>) =>
    new Map([...map].map(([name, stored]) => [name, toData(name, stored)]));
  return {
    inputs,
    numbers: { inputs: toNumbers(inputs), outputs: toNumbers(outputs) },
    fedBack: group("gout."),
    expected: (kind, name) => {
      const found = tensors.get(`${kind}.${name}`);
      return found && { shape: found.shape, data: toData(name, found) };
    },
  };
}
