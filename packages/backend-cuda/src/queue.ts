import type { Native } from "./addon";
import { Batch, type EncodedLaunch, type EncodedPlan } from "./batch";

/** Launches of one call of the addon. Fewer cost more JavaScript, more let the GPU wait for the first. */
const MAX_LAUNCHES = 32;

/** Collects launches and hands them to the driver when there are enough, or when something else has to come behind them. */
export class LaunchQueue {
  readonly #batch = new Batch();
  /** Queues what was given but isn't a launch yet; called before anything else is queued. */
  pending: (() => void) | undefined;
  /** Since opening, for benches. */
  readonly counts = { launches: 0, batches: 0, vendorCalls: 0 };

  constructor(
    readonly native: Native,
    readonly device: number,
  ) {}

  launch(launch: EncodedLaunch): void {
    this.settle();
    this.#batch.add(launch);
    this.counts.launches++;
    if (this.#batch.launches === MAX_LAUNCHES) this.flush();
  }

  runPlan(plan: EncodedPlan): void {
    this.#batch.addPlan(plan);
    this.counts.vendorCalls++;
    if (this.#batch.launches === MAX_LAUNCHES) this.flush();
  }

  /** Hands over what is there. @throws DeviceError naming the kernel that is refused; what stands behind it is dropped. */
  flush(): void {
    this.settle();
    if (this.#batch.launches === 0) return;
    this.counts.batches++;
    try {
      this.native.launch(this.device, this.#batch.bytes);
    } finally {
      this.#batch.clear();
    }
  }

  settle(): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.();
  }
}
