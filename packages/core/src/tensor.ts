import type { Device } from "./backend";
import { currentDevice } from "./device";
import { DTYPES, type DType, decode, encode, type HostArray } from "./dtype";
import { formatShape, LifetimeError, ShapeError } from "./errors";
import { mean } from "./functional/mean";
import { trackLeak, untrackLeak } from "./leaks";
import { add, div, mul, sub } from "./ops/binary";
import { matmul } from "./ops/matmul";
import { permute } from "./ops/permute";
import { reshape } from "./ops/reshape";
import { type ReduceOptions, sum } from "./ops/sum";
import { toDtype } from "./ops/toDtype";
import { relu } from "./ops/unary";
import { currentScope, type Disposable, type Scope } from "./scope";
import { countElements, requireValidShape, type Shape, type TensorSpec } from "./shape";
import { Storage } from "./storage";
import type { TapeEntry } from "./tape";

/** A value whose memory is made and filled on first use, so that a model about to be loaded isn't initialised. */
export type LazyValues = () => HostArray;

const finalizers = new FinalizationRegistry<Held>((held) => held.release());

/** What a tensor holds on to, apart from the handle itself, so that the garbage collector can be the safety net. */
class Held {
  storage: Storage | undefined;
  tape: TapeEntry | undefined;

  release(): void {
    this.storage?.release();
    this.tape?.release();
    this.storage = undefined;
    this.tape = undefined;
  }
}

/**
 * A handle on an n-dimensional array on a device, contiguous in logical order. Ops never change or consume their inputs.
 * Memory goes when the scope that owns the handle ends, on `dispose()`, or at last with the garbage collector; what the
 * tape still needs stays until backward has used it.
 */
export class Tensor implements TensorSpec, Disposable {
  readonly #held = new Held();
  #owner: Scope | undefined;
  #lazy: LazyValues | undefined;
  #isDisposed = false;

  private constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    readonly device: Device,
    storage: Storage | undefined,
    lazy: LazyValues | undefined,
    tape: TapeEntry | undefined,
  ) {
    this.#held.storage = storage;
    this.#held.tape = tape?.retain();
    this.#lazy = lazy;
    const scope = currentScope();
    if (scope?.isOwner) scope.own(this);
    else finalizers.register(this, this.#held, this);
    trackLeak(this);
  }

  get owner(): Scope | undefined {
    return this.#owner;
  }

  set owner(scope: Scope | undefined) {
    this.#owner = scope;
    // A scope frees what it owns; the garbage collector need not watch it.
    if (!scope && !this.#isDisposed) finalizers.register(this, this.#held, this);
  }

  /** A handle that takes over one reference to `storage`. For ops and backends. */
  static fromStorage(storage: Storage, spec: TensorSpec, tape?: TapeEntry): Tensor {
    return new Tensor(spec.shape, spec.dtype, storage.device, storage, undefined, tape);
  }

  /** A tensor that gets its memory and its values from `values` on first use. */
  static lazy(spec: TensorSpec, device: Device, values: LazyValues): Tensor {
    requireValidShape("tensor", spec.shape);
    return new Tensor(spec.shape, spec.dtype, device, undefined, values, undefined);
  }

  /** The shared buffer; made now if this tensor was lazy. @throws LifetimeError after `dispose()`. */
  get storage(): Storage {
    if (this.#held.storage) return this.#held.storage;
    if (this.#isDisposed) {
      throw new LifetimeError("tensor", {
        rule: "a tensor must not be used after it was freed",
        got: `a freed ${this.dtype} tensor ${formatShape(this.shape)}`,
        fix: "Keep it with scope.keep(tensor), or create it outside the scope that ended",
      });
    }
    const storage = this.#allocate();
    const values = this.device.hasNoValues ? undefined : this.#lazy?.();
    if (values) this.device.write(storage.buffer, encode(values, this.dtype));
    this.#lazy = undefined;
    return storage;
  }

  #allocate(): Storage {
    this.#held.storage = Storage.allocate(this.device, this);
    return this.#held.storage;
  }

  /** Where this value stands on the tape; undefined when nothing upstream wants a gradient. */
  get tape(): TapeEntry | undefined {
    return this.#held.tape;
  }

  /** Puts this handle on the tape. For autograd. */
  set tape(entry: TapeEntry | undefined) {
    const previous = this.#held.tape;
    this.#held.tape = entry?.retain();
    previous?.release();
  }

  get elements(): number {
    return countElements(this.shape);
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** True when gradients flow to or through this tensor. */
  get requiresGrad(): boolean {
    return this.#held.tape !== undefined;
  }

  /** Frees this handle now. Twice is fine. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#held.release();
    this.#lazy = undefined;
    if (this.#owner) this.#owner.disown(this);
    else finalizers.unregister(this);
    untrackLeak(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A second handle on the same memory and the same place on the tape. */
  alias(spec: TensorSpec = this): Tensor {
    return Tensor.fromStorage(this.storage.retain(), spec, this.tape);
  }

  /** The same values off the tape. */
  detach(): Tensor {
    return Tensor.fromStorage(this.storage.retain(), this);
  }

  /** Overwrites the values from the host. Only for loading: a lazy tensor is filled without having been initialised. */
  write(values: ArrayLike<number>): void {
    if (values.length !== this.elements) {
      throw new ShapeError("tensor.write", {
        rule: `values must hold ${this.elements} elements for shape ${formatShape(this.shape)}`,
        got: `${values.length}`,
      });
    }
    this.writeBytes(encode(values, this.dtype));
  }

  /** Overwrites the values with bytes of this tensor's dtype in little-endian logical order. */
  writeBytes(bytes: Uint8Array): void {
    const storage = this.#held.storage ?? (this.#lazy ? this.#allocate() : this.storage);
    this.#lazy = undefined;
    storage.version++;
    this.device.write(storage.buffer, bytes);
  }

  /** Reads the raw bytes back, after all work queued before. */
  async bytes(): Promise<Uint8Array> {
    return this.device.read(this.storage.buffer, this.elements * DTYPES[this.dtype].bytes);
  }

  /** Reads the values back in logical order; f16 and bf16 come as f32. Waits for the device. */
  async data(): Promise<HostArray> {
    return decode(await this.bytes(), this.dtype);
  }

  /** Reads back the only element. @throws ShapeError unless there is exactly one. */
  async item(): Promise<number> {
    if (this.elements !== 1) {
      throw new ShapeError("item", { rule: "the tensor must hold one element", got: formatShape(this.shape), fix: "Use data()" });
    }
    return (await this.data())[0] as number;
  }

  toString(): string {
    return `Tensor(${formatShape(this.shape)}, ${this.dtype}, ${this.device.name}${this.requiresGrad ? ", requiresGrad" : ""})`;
  }

  /** A copy on `device`; this tensor itself if it is there already. Off the tape. Waits for this tensor's device, unless the two copy directly. */
  async to(device: Device): Promise<Tensor> {
    if (device === this.device) return this;
    const received = this.#sendTo(device);
    if (received) return received;
    const bytes = await this.bytes();
    const moved = Tensor.lazy(this, device, () => new Float32Array());
    moved.writeBytes(bytes);
    return moved;
  }

  /** A copy that the two devices make between them; undefined where they can't. */
  #sendTo(device: Device): Tensor | undefined {
    if (!device.receive) return undefined;
    const { buffer } = this.storage;
    const storage = Storage.allocate(device, this);
    let isSent = false;
    try {
      isSent = device.receive(storage.buffer, this.device, buffer, this.elements * DTYPES[this.dtype].bytes);
    } finally {
      if (!isSent) storage.release();
    }
    return isSent ? Tensor.fromStorage(storage, { shape: this.shape, dtype: this.dtype }) : undefined;
  }

  /** As `add(this, other)`; the methods below likewise. */
  add(other: Tensor | number): Tensor {
    return add(this, other);
  }

  sub(other: Tensor | number): Tensor {
    return sub(this, other);
  }

  mul(other: Tensor | number): Tensor {
    return mul(this, other);
  }

  div(other: Tensor | number): Tensor {
    return div(this, other);
  }

  matmul(other: Tensor, options?: Parameters<typeof matmul>[2]): Tensor {
    return matmul(this, other, options);
  }

  relu(): Tensor {
    return relu(this);
  }

  sum(options?: ReduceOptions): Tensor {
    return sum(this, options);
  }

  mean(options?: ReduceOptions): Tensor {
    return mean(this, options);
  }

  reshape(shape: Shape): Tensor {
    return reshape(this, shape);
  }

  permute(axes: readonly number[]): Tensor {
    return permute(this, axes);
  }

  toDtype(dtype: DType): Tensor {
    return toDtype(this, dtype);
  }
}

export interface TensorOptions {
  /** Default: the device's float dtype. */
  readonly dtype?: DType;
  /** Default: the current device. */
  readonly device?: Device;
}

/** Numbers, or numbers nested to any depth; all rows of an axis equally long. */
export type NestedNumbers = number | readonly NestedNumbers[] | ArrayLike<number>;

/**
 * A tensor from numbers: nested arrays give the shape, a flat typed array takes `shape`.
 * @throws ShapeError if rows differ in length or `shape` doesn't fit.
 */
export function tensor(values: NestedNumbers, options: TensorOptions & { readonly shape?: Shape } = {}): Tensor {
  const device = options.device ?? currentDevice();
  const { flat, shape } = flatten(values);
  const wanted = options.shape ?? shape;
  requireValidShape("tensor", wanted);
  if (countElements(wanted) !== flat.length) {
    throw new ShapeError("tensor", { rule: `shape must hold ${flat.length} elements`, got: formatShape(wanted) });
  }
  const created = Tensor.lazy({ shape: wanted, dtype: options.dtype ?? device.floatDtype }, device, () => new Float32Array());
  created.write(flat);
  return created;
}

function flatten(values: NestedNumbers): { flat: ArrayLike<number>; shape: Shape } {
  if (typeof values === "number") return { flat: [values], shape: [] };
  if (!Array.isArray(values)) return { flat: values as ArrayLike<number>, shape: [values.length as number] };
  const rows = values.map(flatten);
  const first = rows[0];
  if (!first) return { flat: [], shape: [0] };
  for (const { shape } of rows) {
    if (shape.join() !== first.shape.join()) {
      throw new ShapeError("tensor", {
        rule: "all rows of an axis must have one shape",
        got: `${formatShape(first.shape)} and ${formatShape(shape)}`,
      });
    }
  }
  return { flat: rows.flatMap(({ flat }) => Array.from(flat)), shape: [rows.length, ...first.shape] };
}
