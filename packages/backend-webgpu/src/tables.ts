import type { BufferPool, GpuBuffer } from "./buffers";
import type { Failures } from "./failures";
import type { Table } from "./launch";
import type { WorkQueue } from "./queue";

/** Constant tables on the device, each uploaded when it is first used and kept as long as the host's array is. */
export class Tables {
  readonly #uploaded = new WeakMap<Table["table"], GpuBuffer>();
  readonly #unused: FinalizationRegistry<GpuBuffer>;

  constructor(
    readonly pool: BufferPool,
    readonly queue: WorkQueue,
    readonly failures: Failures,
  ) {
    this.#unused = new FinalizationRegistry((buffer) => pool.give(buffer));
  }

  get(table: Table["table"]): GpuBuffer {
    const known = this.#uploaded.get(table);
    if (known && !this.failures.isLost(known)) return known;
    const buffer = known ?? this.pool.take(table.byteLength, this.queue.batch);
    this.pool.renew(buffer);
    this.queue.upload(buffer.gpu, new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
    buffer.writtenIn = this.queue.batch;
    if (known) return known;
    this.#uploaded.set(table, buffer);
    this.#unused.register(table, buffer);
    return buffer;
  }
}
