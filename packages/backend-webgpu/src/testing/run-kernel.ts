import type { Device, DType, Kernel, KernelTable, Operand } from "@vertebra/core";
import type { GpuOperand, Limits } from "../launch";

export type HostData = Float32Array | Int32Array;

/** A tensor on the host, as tests hand it to a kernel. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: HostData;
}

export interface KernelCall<Attrs> {
  readonly inputs: readonly HostTensor[];
  /** Memory to write; what is in it, the kernel finds there. */
  readonly outputs?: readonly HostTensor[];
  readonly attrs: Attrs;
}

/** Outputs, and inputs as they are afterwards: optimizer steps write into them. */
export interface KernelResult {
  readonly outputs: readonly HostTensor[];
  readonly inputs: readonly HostTensor[];
}

/** Runs one kernel of `device` on memory of its own. */
export async function runKernel<K extends keyof KernelTable>(
  device: Device,
  op: K,
  { inputs, outputs = [], attrs }: KernelCall<KernelTable[K]>,
): Promise<KernelResult> {
  const tensors = [...inputs, ...outputs];
  const operands = tensors.map((tensor) => write(device, tensor));
  const kernel = device.kernels[op] as Kernel<KernelTable[K]>;
  kernel(operands.slice(0, inputs.length), operands.slice(inputs.length), attrs);
  const after = await Promise.all(tensors.map((tensor, i) => read(device, tensor, operands[i] as Operand)));
  for (const { buffer } of operands) device.release(buffer);
  return { inputs: after.slice(0, inputs.length), outputs: after.slice(inputs.length) };
}

function write(device: Device, { shape, data }: HostTensor): Operand {
  const dtype: DType = data instanceof Float32Array ? "f32" : "i32";
  const buffer = device.allocate(data.byteLength);
  device.write(buffer, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { shape, dtype, buffer };
}

async function read(device: Device, { shape, data }: HostTensor, { buffer }: Operand): Promise<HostTensor> {
  const bytes = await device.read(buffer, data.byteLength);
  const type = data.constructor as new (buffer: ArrayBuffer) => HostData;
  return { shape, data: new type(bytes.slice().buffer as ArrayBuffer) };
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

/** What every WebGPU device can do. */
export const PORTABLE: Limits = {
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
};

let nextId = 1;

/** An operand without memory, for tests of plans alone. */
export const operandOf = (shape: readonly number[], dtype: DType = "f32"): GpuOperand => ({
  shape,
  dtype,
  memory: { id: nextId++, gpu: {} as GPUBuffer },
});
