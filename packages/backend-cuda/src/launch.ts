import type { DType } from "@vertebra/core";
import type { Table } from "@vertebra/core/plan";
import type { PlanKind } from "./addon";
import type { Size3 } from "./batch";

/** Memory on the device as launches name it. */
export interface CudaMemory {
  readonly address: number;
}

/** A tensor as a plan sees it. */
export interface CudaOperand {
  readonly memory: CudaMemory;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Memory for as long as an op's launches take; launches that name the same object see the same memory, zeros nowhere promised. */
export interface Scratch {
  readonly scratchBytes: number;
}

/** A constant table, uploaded once for each array object: keep the array to keep its copy on the device. */
export type { Table };

/** What a pointer of a kernel's params points at; null for an argument that is left out. */
export type Binding = CudaOperand | Scratch | Table | null;

/** `KERNEL(name, …)` of native/kernels/<module>.cu. */
export interface KernelName {
  readonly module: string;
  readonly name: string;
}

/** One launch: what a plan returns. A plain value. */
export interface Launch {
  readonly kernel: KernelName;
  /** The pointers that the kernel's params begin with. */
  readonly bindings: readonly Binding[];
  /** The words behind them; floats by `floatWord`. */
  readonly words: readonly number[];
  /** Blocks along x, or along all axes. */
  readonly grid: number | Size3;
  /** Threads of a block, at most what its KERNEL says. */
  readonly block: number;
  /** Of dynamic shared memory. Default: 0. */
  readonly sharedBytes?: number;
}

/** A copy of bytes inside the device, from start to start. */
export interface Copy {
  readonly copyBytes: number;
  readonly from: CudaOperand;
  readonly to: CudaOperand;
}

/** An optimizer's step of one parameter: dispatch makes one launch of those that follow each other. */
export interface ParameterStep {
  /** `KERNEL(name, …)` of native/kernels/<name>.cu. */
  readonly stepKernel: string;
  readonly flags: readonly boolean[];
  /** What changes from step to step. */
  readonly hyper: CudaOperand;
  /** Of one size: the parameter, its gradient, the optimizer's state; null where there is none. */
  readonly tensors: readonly (CudaOperand | null)[];
}

export type Step = Launch | Copy | ParameterStep;

/** What one of NVIDIA's libraries could do in the place of an op's launches. A plain value. */
export interface VendorCall {
  readonly kind: PlanKind;
  /** MatmulDescription or ConvolutionDescription of native/vendor: all that a plan depends on. */
  readonly numbers: readonly number[];
  /** Tensor cores may multiply: f16 and bf16, and f32 where it may be rounded to TF32. */
  readonly isForTensorCores: boolean;
  /** In the description's order, results last. */
  readonly operands: readonly CudaOperand[];
  /** The product that it comes down to: `entries` times [rows, terms] · [terms, columns]. */
  readonly product: { readonly entries: number; readonly rows: number; readonly columns: number; readonly terms: number };
}

/** What plans choose by. */
export interface Limits {
  readonly multiprocessors: number;
  /** Shared memory that a block can have. */
  readonly sharedBytesPerBlock: number;
  /** f32 products may round their operands to TF32. */
  readonly tf32: boolean;
  /** Products in 16 bits may run by the instructions of compute capability 9.0. */
  readonly warpgroups: boolean;
}

/** A pure function from operands to what is to be launched, in order; empty when there is nothing to do. */
export type Plan<Attrs> = (
  inputs: readonly CudaOperand[],
  outputs: readonly CudaOperand[],
  attrs: Attrs,
  limits: Limits,
) => readonly Step[];

/** How an op is described to a library; undefined where there is nothing to do, or no library can be asked for it. */
export type DescribeCall<Attrs> = (
  inputs: readonly CudaOperand[],
  outputs: readonly CudaOperand[],
  attrs: Attrs,
  limits: Limits,
) => VendorCall | undefined;

/** Names of kernels in a module; with a dtype, its variant for that: `scaleShift_f16`. */
export const kernelsOf =
  (module: string) =>
  (name: string, dtype?: DType): KernelName => ({ module, name: dtype === undefined ? name : `${name}_${dtype}` });

/** Threads of a block of kernels that go over elements one by one. */
export const LINE = 256;
