import { type Device, Scope, scoped } from "@vertebra/core";
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
  /** Frees the list, the results and the memory in between. Twice is fine. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Calls `fn` twice, as it is and then recording what it launches, so that replaying costs no JavaScript for each op. It may be a forward pass or a whole
 * training step: parameters, running statistics, the optimizer's state and counts and the generator of dropout go on from replay to replay, bit by bit as in
 * calls of `fn`. New inputs are written into the tensors that `fn` read: `copyInto(x, batch)`.
 *
 * What JavaScript decides is decided once: branches, shapes, numbers in the arguments of ops, and weights that evaluation has folded together. Memory that
 * the launches use stays reserved until `dispose`, also that of tensors freed meanwhile.
 * @throws ArgumentError if `device` isn't of this backend or `fn` returns a promise; DeviceError where `fn` reads values (`data`, `item`), waits, or makes
 * tensors of the host's values; what `fn` throws. Nothing is kept then, and the device goes on.
 */
export function record<T>(device: Device, fn: () => T): Recording<T> {
  if (!(device instanceof CudaDevice)) throw notCuda("record", device.name);
  device.requireUsable("record");
  device.recorder.requireNotRecording("record");
  // Makes what is made once: tables, constants, the state of optimizers.
  ownedBy(new Scope(undefined), fn).owner.end();
  let called: Called<T> | undefined;
  const recorded = device.recorder.record(() => {
    called = ownedBy(new Scope(undefined), fn);
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
  /** Has the tensors of the result. */
  readonly owner: Scope;
}

/** Calls `fn`, and frees all tensors that its result doesn't have. */
function ownedBy<T>(owner: Scope, fn: () => T): Called<T> {
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

class LaunchRecording<T> implements Recording<T> {
  readonly result: T;
  readonly #owner: Scope;
  #isDisposed = false;

  constructor(
    readonly device: CudaDevice,
    readonly recorded: Recorded,
    { result, owner }: Called<T>,
  ) {
    this.result = result;
    this.#owner = owner;
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
    this.#owner.end();
    if (this.device.isUsable) this.device.recorder.drop(this.recorded);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
