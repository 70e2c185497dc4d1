import { createHash } from "node:crypto";
import type { Buffer, DType } from "@vertebra/core";
import { type CpuBuffer, createDispatch } from "../dispatch";
import type { Plan } from "../launch";
import { openRuntime, type Runtime, type RuntimeOptions } from "../wasm/runtime";

export type HostData = Float32Array | Int32Array | Uint8Array | Uint16Array;

/** A tensor on the host, as tests hand it to a kernel. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: HostData;
  /** Needed only where `data` doesn't say it: bool, f16, bf16. */
  readonly dtype?: DType;
}

export interface PlanCall<Attrs> {
  readonly inputs: readonly HostTensor[];
  /** Memory to write; what is in it, the kernel finds there. */
  readonly outputs?: readonly HostTensor[];
  readonly attrs: Attrs;
}

/** Outputs, and inputs as they are afterwards: optimizer steps write into them. */
export interface PlanResult {
  readonly outputs: readonly HostTensor[];
  readonly inputs: readonly HostTensor[];
}

const GUARD_BYTES = 64;
const GUARD = 0xa5;

/** A runtime that runs single plans through dispatch, and notices kernels that write behind a buffer. */
export class PlanRunner {
  readonly #runtime: Runtime;

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  static async open(options: RuntimeOptions = {}): Promise<PlanRunner> {
    return new PlanRunner(await openRuntime(options));
  }

  run<Attrs>(plan: Plan<Attrs>, { inputs, outputs = [], attrs }: PlanCall<Attrs>): PlanResult {
    const { kernel } = createDispatch(this.#runtime)({ kernel: plan });
    const tensors = [...inputs, ...outputs];
    const buffers = tensors.map((tensor) => this.#write(tensor));
    const operands = tensors.map((tensor, i) => ({ shape: tensor.shape, dtype: dtypeOf(tensor), buffer: buffers[i] as Buffer }));
    kernel(operands.slice(0, inputs.length), operands.slice(inputs.length), attrs);
    const after = tensors.map((tensor, i) => this.#read(tensor, buffers[i] as CpuBuffer));
    for (const { pointer } of buffers) this.#runtime.release(pointer);
    return { inputs: after.slice(0, inputs.length), outputs: after.slice(inputs.length) };
  }

  close(): void {
    this.#runtime.close();
  }

  #write({ data }: HostTensor): CpuBuffer {
    const bytes = data.byteLength;
    const pointer = this.#runtime.allocate(bytes + GUARD_BYTES);
    const memory = this.#runtime.bytes(pointer, bytes + GUARD_BYTES).fill(GUARD);
    memory.set(new Uint8Array(data.buffer, data.byteOffset, bytes));
    return { bytes, pointer };
  }

  #read(tensor: HostTensor, { bytes, pointer }: CpuBuffer): HostTensor {
    const memory = this.#runtime.bytes(pointer, bytes + GUARD_BYTES).slice();
    if (memory.subarray(bytes).some((byte) => byte !== GUARD))
      throw new Error(`a kernel wrote behind ${tensor.shape} of ${bytes} bytes`);
    const type = tensor.data.constructor as new (buffer: ArrayBuffer, at: number, length: number) => HostData;
    return { ...tensor, data: new type(memory.buffer as ArrayBuffer, 0, tensor.data.length) };
  }
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** An output before the kernel has run: NaN, so that an element left out is seen. */
export const blank = (shape: readonly number[]): HostTensor => ({
  shape,
  data: new Float32Array(elementsOf(shape)).fill(Number.NaN),
});
export const blankInts = (shape: readonly number[]): HostTensor => ({ shape, data: new Int32Array(elementsOf(shape)).fill(-99) });

export const floats = (shape: readonly number[], values: Iterable<number>): HostTensor => ({
  shape,
  data: Float32Array.from(values),
});

/** Numbers in [low, high), the same for the same seed (mulberry32). */
export function randomFloats(
  shape: readonly number[],
  seed: number,
  [low, high]: readonly [number, number] = [-1, 1],
): HostTensor {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { shape, data: Float32Array.from({ length: elementsOf(shape) }, () => low + (high - low) * next()) };
}

/** What stands for all bits of `arrays`, to compare runs by: far quicker than element by element. */
export function bitsOf(arrays: readonly HostData[]): string {
  const hash = createHash("sha256");
  for (const data of arrays) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}

/** Largest |ours − theirs| / bound(theirs, i); ≤ 1 passes. NaN equals NaN, infinities equal themselves; else they count as ∞. */
export function worstError(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  bound: (wanted: number, i: number) => number,
): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < theirs.length; i++) {
    const [got, wanted] = [ours[i] as number, theirs[i] as number];
    if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) continue;
    const error = Math.abs(got - wanted) / bound(wanted, i);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst;
}

function dtypeOf({ data, dtype }: HostTensor): DType {
  if (dtype) return dtype;
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint8Array) return "u8";
  throw new Error("u16 data needs its dtype: f16 or bf16");
}
