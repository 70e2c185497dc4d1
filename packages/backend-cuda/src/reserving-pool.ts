import { type BlockPool, type CudaBuffer, sizeClass } from "./pool";

/** Addresses of the blocks that a recording's launches use. */
export type Reservation = ReadonlySet<number>;

/** The reservation that is being made. */
interface Open {
  readonly used: Set<number>;
  /** Those that were taken for it: released, the recording's next launches may use them, as its launches keep their order. */
  readonly taken: Set<number>;
  readonly idle: Map<number, CudaBuffer[]>;
}

/** A pool in which blocks that recordings use wait for these to be dropped, whoever releases them. */
export class ReservingPool {
  /** How many recordings use a block, by address. */
  readonly #users = new Map<number, number>();
  /** Released blocks that recordings use. */
  readonly #kept = new Map<number, CudaBuffer>();
  #open: Open | undefined;
  /** Bytes that nobody but recordings has. */
  keptBytes = 0;

  constructor(readonly pool: BlockPool) {}

  /** Memory for at least `bytes`; while recording, the recording's own. @throws OutOfMemoryError */
  take(bytes: number): CudaBuffer {
    if (!this.#open) return this.pool.take(bytes);
    const own = this.#open.idle.get(sizeClass(bytes))?.pop();
    const buffer = own ? { ...own, bytes } : this.pool.take(bytes);
    this.#open.taken.add(buffer.address);
    this.use(buffer.address);
    return buffer;
  }

  /** Memory to be written by the host, at once: none that recorded launches use. @throws OutOfMemoryError */
  takeUnreserved(bytes: number): CudaBuffer {
    return this.pool.take(bytes);
  }

  give(buffer: CudaBuffer): void {
    const { address, classBytes } = buffer;
    if (this.#open?.taken.has(address)) {
      const idle = this.#open.idle.get(classBytes);
      if (idle) idle.push(buffer);
      else this.#open.idle.set(classBytes, [buffer]);
    } else if (this.#users.has(address)) {
      this.#kept.set(address, buffer);
      this.keptBytes += classBytes;
    } else {
      this.pool.give(buffer);
    }
  }

  /** What `open` began reserves the block at `address`: a launch of it uses it. */
  use(address: number): void {
    if (!this.#open || this.#open.used.has(address)) return;
    this.#open.used.add(address);
    this.#users.set(address, (this.#users.get(address) ?? 0) + 1);
  }

  /** True if launches recorded since `open` use the block. */
  isInUse(address: number): boolean {
    return this.#open?.used.has(address) ?? false;
  }

  /** From here to `close`, what is taken and used is reserved. */
  open(): Reservation {
    const used = new Set<number>();
    this.#open = { used, taken: new Set(), idle: new Map() };
    return used;
  }

  close(): void {
    const idle = [...(this.#open?.idle.values() ?? [])].flat();
    this.#open = undefined;
    for (const buffer of idle) this.give(buffer);
  }

  /** Ends a reservation that is closed. */
  drop(reservation: Reservation): void {
    for (const address of reservation) {
      const users = (this.#users.get(address) as number) - 1;
      if (users > 0) {
        this.#users.set(address, users);
        continue;
      }
      this.#users.delete(address);
      const buffer = this.#kept.get(address);
      if (!buffer) continue;
      this.#kept.delete(address);
      this.keptBytes -= buffer.classBytes;
      this.pool.give(buffer);
    }
  }
}
