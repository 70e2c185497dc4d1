import type { WorkQueue } from "./queue";

const [COPY_SRC, QUERY_RESOLVE] = [0x4, 0x200];
/** Of the two stamps. */
export const TIMER_BYTES = 16;

/** When work begins and ends by the device's own clock, which WebGPU tells in nanoseconds. Its device must have timestamp queries. */
export class Timer {
  readonly #stamps: GPUQuerySet;
  readonly #resolved: GPUBuffer;

  constructor(gpu: GPUDevice) {
    this.#stamps = gpu.createQuerySet({ label: "timer", type: "timestamp", count: 2 });
    this.#resolved = gpu.createBuffer({ label: "timer", size: TIMER_BYTES, usage: COPY_SRC | QUERY_RESOLVE });
  }

  begin(queue: WorkQueue): void {
    queue.stamp(this.#stamps, 0);
  }

  /** Both stamps go to `reader`. */
  end(queue: WorkQueue, reader: GPUBuffer): void {
    queue.stamp(this.#stamps, 1);
    queue.resolve(this.#stamps, this.#resolved);
    queue.copy({ gpu: this.#resolved }, { gpu: reader }, TIMER_BYTES);
  }

  destroy(): void {
    this.#stamps.destroy();
    this.#resolved.destroy();
  }
}

/** Milliseconds between the stamps that a timer's `reader` had. */
export function elapsedMs(bytes: Uint8Array): number {
  const [begun, ended] = new BigUint64Array(bytes.buffer, bytes.byteOffset, 2) as unknown as [bigint, bigint];
  return Number(ended - begun) / 1e6;
}
