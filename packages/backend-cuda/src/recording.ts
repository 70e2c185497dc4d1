import { type Device, type Disposable, Scope, scoped } from "@vertebra/core";
import { CudaDevice } from "./device";
import { notCuda, promiseRecorded, recordingDisposed } from "./errors";
import type { Recorded } from "./recorder";

/** A function's launches as a list that the GPU runs by itself. */
export interface Recording<T> {
  /** What the function returned. Each replay overwrites its tensors, which are the recording's: `dispose` frees them. */
  readonly result: T;
  /**
   * Does what calling the function again would, in the same memory: queues all launches in one call. Waits for nothing.
   * @throws LifetimeError after `dispose`, DeviceError once the device is closed or broken.
   */
  replay(): void;
  /** Frees the list, the results and the memory in between; the garbage collector does so at last. Twice is fine. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Calls `fn` twice, as it is and then recording what it launches, so that replaying costs no JavaScript for each op. It may be a forward pass or a whole
 * training step: parameters, running statistics, the optimizer's state and counts and the generator of dropout go on from replay to replay, bit by bit as in
 * calls of `fn`. New inputs are written into the tensors that `fn` read: `copyInto(x, batch)`.
 *
 * What JavaScript decides is decided once: branches, shapes, numbers in the arguments of ops, and weights that evaluation has folded together. Memory that
 * the launches use stays reserved until `dispose` or until nobody has the recording any more, also that of tensors freed meanwhile.
 * @throws ArgumentError if `device` isn't of this backend or `fn` returns a promise; DeviceError where `fn` reads values (`data`, `item`), waits, or makes
 * tensors of the host's values; what `fn` throws. Nothing is kept then, and the device goes on.
 */
export function record<T>(device: Device, fn: () => T): Recording<T> {
  if (!(device instanceof CudaDevice)) throw notCuda("record", device.name);
  device.requireUsable("record");
  device.recorder.requireNotRecording("record");
  // Makes what is made once: tables, constants, the state of optimizers.
  ownedBy(new ResultScope(), fn).owner.end();
  let called: Called<T> | undefined;
  const recorded = device.recorder.record(() => {
    called = ownedBy(new ResultScope(), fn);
  });
  const recording = new LaunchRecording(device, recorded, called as unknown as Called<T>);
  try {
    device.recorder.launch(recorded);
  } catch (error) {
    recording.dispose();
    throw error;
  }
  return recording;
}

interface Called<T> {
  readonly result: T;
  readonly owner: ResultScope;
}

/** Has the tensors of a result. They don't have it, so that the garbage collector frees each that nobody has any more, with or without the recording. */
class ResultScope extends Scope {
  readonly #tensors: Disposable[] = [];

  constructor() {
    super(undefined);
  }

  override own(value: Disposable): void {
    this.#tensors.push(value);
    value.owner = undefined;
  }

  override end(): void {
    super.end();
    for (const tensor of this.#tensors.splice(0)) tensor.dispose();
  }
}

/** Calls `fn`, and frees all tensors that its result doesn't have. */
function ownedBy<T>(owner: ResultScope, fn: () => T): Called<T> {
  try {
    const result = owner.run(() => scoped(fn));
    if (!(result instanceof Promise)) return { result, owner };
    // What becomes of it doesn't matter any more.
    result.catch(() => {});
    throw promiseRecorded();
  } catch (error) {
    owner.end();
    throw error;
  }
}

/** What to free behind a recording that nobody has any more: nothing in it leads to the recording. */
type Left = Pick<Recorded, "graph" | "reservation"> & { readonly device: CudaDevice };

const finalizers = new FinalizationRegistry<Left>((left) => {
  try {
    free(left);
  } catch {
    // The device broke: it tells whoever asks it next, and nobody is here to be told.
  }
});

function free({ device, ...recorded }: Left): void {
  if (device.isUsable) device.recorder.drop(recorded);
}

class LaunchRecording<T> implements Recording<T> {
  readonly result: T;
  readonly #owner: ResultScope;
  #isDisposed = false;

  constructor(
    readonly device: CudaDevice,
    readonly recorded: Recorded,
    { result, owner }: Called<T>,
  ) {
    this.result = result;
    this.#owner = owner;
    finalizers.register(this, this.#left, this);
  }

  get #left(): Left {
    const { graph, reservation } = this.recorded;
    return { device: this.device, graph, reservation };
  }

  replay(): void {
    if (this.#isDisposed) throw recordingDisposed();
    this.device.requireUsable("replay");
    this.device.recorder.requireNotRecording("replay");
    for (const work of this.recorded.hostWork) work();
    this.device.recorder.launch(this.recorded);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    finalizers.unregister(this);
    this.#owner.end();
    free(this.#left);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
