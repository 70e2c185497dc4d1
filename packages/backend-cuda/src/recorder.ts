import type { Native } from "./addon";
import { hostWriteRecorded, waitRecorded } from "./errors";
import type { CudaMemory } from "./launch";
import type { LaunchQueue } from "./queue";
import type { Reservation, ReservingPool } from "./reserving-pool";

/** What it takes to run recorded launches again. */
export interface Recorded {
  readonly graph: number;
  readonly reservation: Reservation;
  /** What the host does in front of each replay. */
  readonly hostWork: readonly (() => void)[];
}

interface Active {
  readonly hostWork: (() => void)[];
  isAtHostWork: boolean;
  /** The first thing asked for that can't be recorded. */
  refused: Error | undefined;
}

/** Makes CUDA graphs of what a device's ops launch. */
export class Recorder {
  #active: Active | undefined;

  constructor(
    readonly native: Native,
    readonly device: number,
    readonly queue: LaunchQueue,
    readonly pool: ReservingPool,
  ) {}

  /** Records what the synchronous `fn` launches, without running it. @throws what `fn` throws, DeviceError for what can't be recorded. */
  record(fn: () => void): Recorded {
    this.queue.flush();
    const active: Active = { hostWork: [], isAtHostWork: false, refused: undefined };
    const reservation = this.pool.open();
    this.#active = active;
    try {
      const batch = this.#batchOf(fn);
      if (active.refused) throw active.refused;
      return { graph: this.native.record(this.device, batch.bytes), reservation, hostWork: active.hostWork };
    } catch (error) {
      this.pool.drop(reservation);
      throw error;
    }
  }

  /** Queues the recorded launches again. */
  launch({ graph }: Recorded): void {
    this.queue.flush();
    this.native.replay(this.device, graph);
  }

  drop({ graph, reservation }: Pick<Recorded, "graph" | "reservation">): void {
    this.native.freeGraph(this.device, graph);
    this.pool.drop(reservation);
  }

  /** See `Device.eachReplay`. */
  eachReplay(work: () => void): void {
    const active = this.#active;
    if (active) {
      active.hostWork.push(work);
      active.isAtHostWork = true;
    }
    try {
      work();
    } finally {
      if (active) active.isAtHostWork = false;
    }
  }

  /** @throws DeviceError while recording: `op` isn't a launch. */
  requireNotRecording(op: string): void {
    if (!this.#active) return;
    this.#active.refused ??= waitRecorded(op);
    throw this.#active.refused;
  }

  /**
   * The host writes before all recorded launches run: right only for memory that none of them has used yet, and again at each replay.
   * @throws DeviceError while recording anything else.
   */
  requireWritable({ address }: CudaMemory): void {
    const active = this.#active;
    if (!active || (active.isAtHostWork && !this.pool.isInUse(address))) return;
    active.refused ??= hostWriteRecorded();
    throw active.refused;
  }

  #batchOf(fn: () => void): { readonly bytes: Uint8Array } {
    try {
      return this.queue.record(fn);
    } finally {
      this.#active = undefined;
      this.pool.close();
    }
  }
}
