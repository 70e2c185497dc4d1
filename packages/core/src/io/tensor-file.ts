import { ArgumentError } from "../errors";
import { type FileDType, type HostTensor, shownName } from "./host-tensor";

/** What is known of a tensor before its bytes are read. */
export interface TensorEntry {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
}

/** A file of named tensors, opened and checked; tensors are read one by one. All readers of checkpoints give this. */
export interface TensorFile {
  /** Tensors by name, in the file's order. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** What the file holds besides tensors, as text. */
  readonly metadata: ReadonlyMap<string, string>;
  /** One tensor's bytes. @throws ArgumentError if the file has no such name. @throws FileFormatError if its data isn't as promised. */
  read(name: string): Promise<HostTensor>;
}

/** The entry of that name. @throws ArgumentError if there is none. */
export function entryOf<E>(entries: ReadonlyMap<string, E>, name: string, where: string): E {
  const entry = entries.get(name);
  if (entry === undefined) throw new ArgumentError(where, { rule: "name must be a tensor of the file", got: shownName(name) });
  return entry;
}
