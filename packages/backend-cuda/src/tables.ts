import type { Table } from "./launch";
import type { CudaBuffer } from "./pool";
import type { ReservingPool } from "./reserving-pool";

/** Constant tables on the device, each uploaded when it is first used and kept as long as the host's array is. */
export class Tables {
  readonly #uploaded = new WeakMap<Table["table"], CudaBuffer>();
  readonly #unused: FinalizationRegistry<CudaBuffer>;

  constructor(
    readonly pool: ReservingPool,
    readonly write: (buffer: CudaBuffer, bytes: Uint8Array) => void,
  ) {
    this.#unused = new FinalizationRegistry((buffer) => pool.give(buffer));
  }

  get(table: Table["table"]): CudaBuffer {
    const known = this.#uploaded.get(table);
    if (known) return known;
    const buffer = this.pool.takeUnreserved(table.byteLength);
    this.write(buffer, new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
    this.#uploaded.set(table, buffer);
    this.#unused.register(table, buffer);
    return buffer;
  }
}
