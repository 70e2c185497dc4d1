import type { Native } from "./addon";
import { Batch, type EncodedCopy, type EncodedLaunch, type EncodedPlan } from "./batch";

/** Launches of one call of the addon. Fewer cost more JavaScript, more let the GPU wait for the first. */
const MAX_LAUNCHES = 32;

/** What was given but isn't a launch yet: it becomes one before anything else is queued. */
export interface Pending {
  launch(): void;
}

/** Collects launches and hands them to the driver when there are enough, or when something else has to come behind them. */
export class LaunchQueue {
  pending: Pending | undefined;
  readonly #batch = new Batch();
  #recorded: Batch | undefined;
  /** Since opening, for benches. What is recorded doesn't count. */
  readonly counts = { launches: 0, batches: 0, vendorCalls: 0 };

  constructor(
    readonly native: Native,
    readonly device: number,
  ) {}

  launch(launch: EncodedLaunch): void {
    this.#open().add(launch);
    this.#added("launches");
  }

  copy(copy: EncodedCopy): void {
    this.#open().addCopy(copy);
    this.#added("launches");
  }

  runPlan(plan: EncodedPlan): void {
    this.#open().addPlan(plan);
    this.#added("vendorCalls");
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

  /** What the synchronous `fn` launches goes into a batch of its own, which is returned, instead of to the driver. */
  record(fn: () => void): Batch {
    const recorded = new Batch();
    this.#recorded = recorded;
    try {
      fn();
      this.settle();
    } finally {
      this.pending = undefined;
      this.#recorded = undefined;
    }
    return recorded;
  }

  /** Queues what is pending. */
  settle(): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.launch();
  }

  #open(): Batch {
    this.settle();
    return this.#recorded ?? this.#batch;
  }

  #added(what: "launches" | "vendorCalls"): void {
    if (this.#recorded) return;
    this.counts[what]++;
    if (this.#batch.launches === MAX_LAUNCHES) this.flush();
  }
}
