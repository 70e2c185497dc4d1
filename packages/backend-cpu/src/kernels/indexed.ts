import { type Axis, collapse, product, requireWalkable, stridesOf } from "@vertebra/core/plan";
import type { CpuOperand } from "../launch";
import { pushAxes, tasksFor } from "./axes";
import { elementBytesOf } from "./strided";

/** Elements of the inner run that are worth a task. */
const RUN_BLOCK = 1024;

interface Indexed {
  readonly op: string;
  readonly axis: number;
  /** Of the tensor whose `axis` is indexed. */
  readonly shape: readonly number[];
  readonly data: CpuOperand;
  readonly indices: CpuOperand;
  readonly y: CpuOperand;
  /** Bits of what an index out of range gives. */
  readonly missing: number;
}

/** The struct IndexedArgs of indexed.h. */
export function indexedWords({ op, axis, shape, data, indices, y, missing }: Indexed, workers: number): readonly number[] {
  const sizes = indices.shape;
  const [indexStrides, tensorStrides] = [stridesOf(sizes), stridesOf(shape)];
  const without = (list: readonly number[], from: number, to: number) =>
    collapse(sizes.slice(from, to), indexStrides.slice(from, to), list.slice(from, to));
  const behind = without(tensorStrides, axis + 1, sizes.length);
  // The last axis behind the indexed one is contiguous in both; what stands before it is walked over.
  const [inner] = (isContiguous(behind.at(-1)) ? (behind.pop() as Axis) : [1]) as readonly [number];
  const axes = [...without(tensorStrides, 0, axis), ...behind];
  requireWalkable(op, sizes, axes);
  const outer = product(axes.map(([size]) => size));
  const elements = product(sizes);
  const tasks = tasksFor(Math.max(elements, product(y.shape)), workers);
  const blocks = tasks === 1 ? 1 : Math.max(1, Math.min(Math.ceil(tasks / Math.max(outer, 1)), Math.ceil(inner / RUN_BLOCK)));
  const bytes = elementBytesOf(y);
  const ints = [data.pointer, indices.pointer, y.pointer, bytes, tasks, outer];
  ints.push(sizes[axis] as number, shape[axis] as number, indexStrides[axis] as number, tensorStrides[axis] as number);
  ints.push(inner, blocks, missing, product(y.shape) * bytes);
  pushAxes(ints, axes);
  return ints;
}

const isContiguous = (axis: Axis | undefined): boolean => axis?.[1] === 1 && axis[2] === 1;
