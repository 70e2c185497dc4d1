import { AutogradError } from "./errors";
import type { LayerPath } from "./layer-path";
import type { TensorSpec } from "./shape";
import type { Storage } from "./storage";
import { Tensor } from "./tensor";

/** What a node's derivative is given to work with. */
export interface NodeContext {
  readonly dy: Tensor;
  readonly isRecorded: boolean;
  saved(name: string): Tensor;
  spec(index: number): TensorSpec;
}

/** One recorded call: enough to turn the gradient of its output into those of its inputs. */
export interface TapeNodeFields {
  /** The op's name, for messages and profiles. */
  readonly op: string;
  /** The layer that made the call. */
  readonly layer: LayerPath;
  /** Places on the tape of the inputs; undefined where no gradient is wanted. */
  readonly inputs: readonly (TapeEntry | undefined)[];
  readonly specs: readonly TensorSpec[];
  /** Gradients by input, only for those marked in `wanted`. */
  readonly derive: (context: NodeContext, wanted: readonly boolean[]) => readonly (Tensor | null)[];
}

interface SavedValue {
  readonly storage: Storage;
  readonly version: number;
  readonly spec: TensorSpec;
  /** Its place on the tape; `self` for a result of the call itself, which must not count itself. */
  readonly tape: TapeEntry | "self" | undefined;
}

let sequence = 0;

/**
 * A value's place on the tape: shared by all handles of the value, counted by them and by the calls that use it.
 * When the last is gone, what its call saved goes too.
 */
export class TapeEntry {
  /** Called with the gradient once it is complete. */
  readonly hooks: ((grad: Tensor) => void)[] = [];
  #references = 0;

  constructor(
    readonly spec: TensorSpec,
    /** The call that made the value; undefined for a leaf. */
    readonly node: TapeNode | undefined,
  ) {}

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    // A loop, not recursion: graphs are thousands of calls deep.
    const queue: TapeEntry[] = [this];
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      if (--entry.#references === 0 && entry.node) queue.push(...entry.node.drop());
    }
  }
}

export class TapeNode {
  /** Calls are numbered in order, which is a topological order. */
  readonly order = sequence++;
  readonly #saved = new Map<string, SavedValue>();
  #isDropped = false;

  constructor(readonly fields: TapeNodeFields) {
    for (const input of fields.inputs) input?.retain();
  }

  /** Keeps the memory of `value` until backward has run or the result is dropped. */
  save(name: string, value: Tensor, tape: TapeEntry | "self" | undefined): void {
    const storage = value.storage.retain();
    this.#saved.set(name, { storage, version: storage.version, spec: { shape: value.shape, dtype: value.dtype }, tape });
  }

  /** A handle on a saved value. `output` is this node's own entry, for saved results. */
  saved(name: string, output: TapeEntry): Tensor {
    const where = this.#where;
    const value = this.#saved.get(name);
    if (!value) throw new AutogradError(where, { rule: "a derivative may use only what the op saves", got: `"${name}"` });
    if (value.storage.version !== value.version) {
      throw new AutogradError(where, {
        rule: `the value saved for backward ("${name}") must not be overwritten before backward runs`,
        got: `version ${value.storage.version} instead of ${value.version}`,
        fix: "Run backward before optimizer steps, loading weights or copyInto",
      });
    }
    return Tensor.fromStorage(value.storage.retain(), value.spec, value.tape === "self" ? output : value.tape);
  }

  /** @throws AutogradError once backward has run over this call. */
  requireAlive(): void {
    if (!this.#isDropped) return;
    throw new AutogradError(this.#where, {
      rule: "backward may run once over a graph; its saved values are gone",
      fix: "Pass { retainGraph: true } to the first backward",
    });
  }

  get #where(): string {
    return this.fields.layer.locate(this.fields.op);
  }

  /** Frees what was saved; returns the entries whose counts must go down. */
  drop(): TapeEntry[] {
    if (this.#isDropped) return [];
    this.#isDropped = true;
    for (const { storage } of this.#saved.values()) storage.release();
    this.#saved.clear();
    return this.fields.inputs.filter((input) => input !== undefined);
  }
}
