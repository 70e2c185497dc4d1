import type { ErrorScopes, OnError } from "./error-scopes";
import type { GpuMemory, Grid } from "./launch";
import { Params } from "./params";
import type { Staging } from "./staging";

/** Launches of one submit. Fewer cost more JavaScript, more let the device wait for the first. */
const MAX_LAUNCHES = 256;

const KINDS: readonly GPUErrorFilter[] = ["validation", "out-of-memory", "internal"];

/** Where a copy begins; an offset is a multiple of 4. */
type Region = Pick<GpuMemory, "gpu" | "offset">;

/**
 * Collects work in one encoder and submits it when it is full or somebody waits. Everything happens in call order: launches,
 * copies and uploads alike, so a buffer may be reused as soon as its last user is recorded.
 */
export class WorkQueue {
  readonly params: Params;
  /** Number of the batch being recorded: what is submitted together, and taken or refused as a whole. */
  batch = 1;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;
  #launches = 0;
  /** Since opening, for benches. */
  readonly counts = { launches: 0, submits: 0, uploadedBytes: 0 };

  constructor(
    readonly device: GPUDevice,
    readonly staging: Staging,
    readonly scopes: ErrorScopes,
    /** Called where a batch is submitted. @returns what is told if the device doesn't take it. */
    readonly submitting: (batch: number) => OnError,
  ) {
    this.params = new Params(device);
  }

  launch(pipeline: GPUComputePipeline, bindGroup: GPUBindGroup, params: readonly number[], [x, y, z]: Grid): void {
    if (this.#launches === MAX_LAUNCHES) this.flush();
    if (!this.params.hasRoom) {
      this.flush();
      this.params.clear();
    }
    this.#pass ??= this.#begin().beginComputePass();
    this.#launches++;
    if (pipeline !== this.#pipeline) this.#pass.setPipeline(pipeline);
    this.#pipeline = pipeline;
    this.#pass.setBindGroup(0, bindGroup, [this.params.offsetOf(params)]);
    this.#pass.dispatchWorkgroups(x, y, z);
    this.counts.launches++;
  }

  /** Copies `bytes`, rounded up to whole words, from start to start. */
  copy(from: Region, to: Region, bytes: number): void {
    this.#endPass();
    this.#begin().copyBufferToBuffer(from.gpu, from.offset ?? 0, to.gpu, to.offset ?? 0, Math.ceil(bytes / 4) * 4);
  }

  /** Bytes of the host to the start of `to`. */
  upload(to: GPUBuffer, bytes: Uint8Array): void {
    this.#endPass();
    const { buffer, offset } = this.staging.put(bytes);
    this.#begin().copyBufferToBuffer(buffer, offset, to, 0, Math.ceil(bytes.byteLength / 4) * 4);
    this.counts.uploadedBytes += bytes.byteLength;
  }

  /** The device writes down when it is done with everything before. */
  stamp(to: GPUQuerySet, index: number): void {
    this.#endPass();
    const timestampWrites = { querySet: to, beginningOfPassWriteIndex: index };
    this.#begin().beginComputePass({ timestampWrites }).end();
  }

  resolve(stamps: GPUQuerySet, to: GPUBuffer): void {
    this.#begin().resolveQuerySet(stamps, 0, stamps.count, to, 0);
  }

  /** Hands everything recorded so far to the device. */
  flush(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    this.#endPass();
    this.#encoder = undefined;
    const sent = this.staging.close();
    this.counts.uploadedBytes += this.params.upload();
    this.#launches = 0;
    const onError = this.submitting(this.batch++);
    this.scopes.watch(KINDS, () => this.device.queue.submit([encoder.finish()]), onError);
    this.staging.recycle(sent);
    this.counts.submits++;
  }

  /** Submits what is recorded and begins another batch in any case. @returns the number of the one that ended. */
  endBatch(): number {
    this.flush();
    return this.batch++;
  }

  #begin(): GPUCommandEncoder {
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#pipeline = undefined;
  }
}
