/// <reference types="@webgpu/types" />
import type { DType } from "@vertebra/core";
import type { Table } from "@vertebra/core/plan";
import type { Shader } from "./shader";

/** Memory on the device as dispatch binds it. */
export interface GpuMemory {
  /** Tells memory apart in the caches of bind groups. */
  readonly id: number;
  readonly gpu: GPUBuffer;
  /** Of a part: where it begins and how long it is, in bytes. Default: the whole buffer. */
  readonly offset?: number;
  readonly size?: number;
}

/** A tensor as a plan sees it. */
export interface GpuOperand {
  readonly memory: GpuMemory;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Memory for as long as an op's launches take; launches that name the same object see the same memory, zeros nowhere promised. */
export interface Scratch {
  readonly scratchBytes: number;
}

/** A constant table, uploaded once for each array object: keep the array to keep its copy on the device. */
export type { Table };

export type Binding = GpuOperand | Scratch | Table;

/** Workgroups along x, y and z. */
export type Grid = readonly [x: number, y: number, z: number];

/** One dispatch: what a plan returns. A plain value. */
export interface Launch {
  readonly shader: Shader;
  /** Values of the shader's `override`s. Each set of values is a pipeline of its own, so no sizes of tensors here. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Words of the uniform struct, in order; floats by `floatWord`. */
  readonly params: readonly number[];
  /** The storage buffers, in the order of their bindings. One that is written may stand once only. */
  readonly bindings: readonly Binding[];
  readonly grid: Grid;
}

/** A copy of bytes inside the device, from start to start. */
export interface Copy {
  readonly copyBytes: number;
  readonly from: GpuOperand;
  readonly to: GpuOperand;
}

export type Step = Launch | Copy;

/** What plans choose by. */
export interface Limits {
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
}

/** A pure function from operands to what is to be dispatched, in order; empty when there is nothing to do. */
export type Plan<Attrs> = (
  inputs: readonly GpuOperand[],
  outputs: readonly GpuOperand[],
  attrs: Attrs,
  limits: Limits,
) => readonly Step[];

const float = new Float32Array(1);
const word = new Int32Array(float.buffer);

/** The bits of an f32 as a word of `params`. */
export function floatWord(value: number): number {
  float[0] = value;
  return word[0] as number;
}

/** Invocations of a workgroup of kernels that go over elements one by one. */
export const LINE = 64;

/**
 * Workgroups for `invocations` in a row, `perGroup` each. Past the limit of one axis the row is broken into lines along y:
 * the kernel's index is then (y · groups along x + x) · perGroup + local index, and those past the end have nothing to do.
 */
export function gridFor(invocations: number, limits: Limits, perGroup: number = LINE): Grid {
  const groups = Math.ceil(invocations / perGroup);
  const most = limits.maxComputeWorkgroupsPerDimension;
  if (groups <= most) return [groups, 1, 1];
  const lines = Math.ceil(groups / most);
  return [Math.ceil(groups / lines), lines, 1];
}
