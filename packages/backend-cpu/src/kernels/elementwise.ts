import { DTYPES, type DType, DTypeError, ELEMENTWISE, type ElementwiseName } from "@vertebra/core";
import { type Axis, broadcastStrides, collapse, product, requireWalkable } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { pushAxes, tasksFor } from "./axes";

/** What an entry's name ends in, by the dtype of the last argument; the dtypes that an op takes. */
type Suffixes = { readonly [dtype: string]: string };
type Params = Readonly<Record<string, number>>;

const FLOATS: Suffixes = { f32: "" };
const NUMBERS: Suffixes = { f32: "", i32: "Ints" };
const BY_SIZE: Suffixes = { f32: "4", i32: "4", f16: "2", bf16: "2", u8: "1", bool: "1" };

/** Rows of 1 ns an element and more, where a second thread pays earlier than where memory is the limit. */
const COSTLY: ReadonlySet<ElementwiseName> = new Set([
  ...(["exp", "log", "erf", "tanh", "sigmoid", "elu", "softplus", "silu", "mish", "gelu", "geluTanh", "pow"] as const),
  ...(["eluGrad", "softplusGrad", "siluGrad", "mishGrad", "geluGrad", "geluTanhGrad"] as const),
]);
const COSTLY_PARALLEL_FROM = 8192;

/** The kernels are `elementwise_<name>` in elementwise.c and elementwise-activations.c. */
const rows: { readonly [K in ElementwiseName]: Suffixes } = {
  neg: NUMBERS,
  abs: NUMBERS,
  sign: NUMBERS,
  floor: FLOATS,
  exp: FLOATS,
  log: FLOATS,
  sqrt: FLOATS,
  rsqrt: FLOATS,
  erf: FLOATS,
  tanh: FLOATS,
  sigmoid: FLOATS,
  relu: FLOATS,
  relu6: FLOATS,
  leakyRelu: FLOATS,
  elu: FLOATS,
  softplus: FLOATS,
  silu: FLOATS,
  mish: FLOATS,
  gelu: FLOATS,
  geluTanh: FLOATS,
  hardsigmoid: FLOATS,
  hardswish: FLOATS,
  clamp: FLOATS,
  isNan: FLOATS,
  add: NUMBERS,
  sub: NUMBERS,
  mul: NUMBERS,
  div: FLOATS,
  pow: FLOATS,
  maximum: NUMBERS,
  minimum: NUMBERS,
  equal: NUMBERS,
  notEqual: NUMBERS,
  greater: NUMBERS,
  greaterEqual: NUMBERS,
  less: NUMBERS,
  lessEqual: NUMBERS,
  reluGrad: FLOATS,
  relu6Grad: FLOATS,
  leakyReluGrad: FLOATS,
  eluGrad: FLOATS,
  sigmoidGrad: FLOATS,
  tanhGrad: FLOATS,
  softplusGrad: FLOATS,
  siluGrad: FLOATS,
  mishGrad: FLOATS,
  geluGrad: FLOATS,
  geluTanhGrad: FLOATS,
  hardsigmoidGrad: FLOATS,
  hardswishGrad: FLOATS,
  clampGrad: FLOATS,
  where: BY_SIZE,
};

/** y = f(a), f(a, b) or f(a, b, c), element by element with broadcasting: a plan for each row. */
export const elementwise = Object.fromEntries(
  Object.entries(rows).map(([name, suffixes]) => [name, planFor(name as ElementwiseName, suffixes)]),
) as { readonly [K in ElementwiseName]: Plan<Params> };

function planFor(name: ElementwiseName, suffixes: Suffixes): Plan<Params> {
  const { params } = ELEMENTWISE[name];
  const parallelFrom = COSTLY.has(name) ? COSTLY_PARALLEL_FROM : undefined;
  const entries = new Map(Object.entries(suffixes).map(([dtype, suffix]) => [dtype, `elementwise_${name}${suffix}`]));
  return (inputs, outputs, attrs, workers) => {
    const y = outputs[0] as CpuOperand;
    const elements = product(y.shape);
    if (elements === 0) return null;
    const { dtype } = inputs.at(-1) as CpuOperand;
    const entry = entries.get(dtype);
    if (entry === undefined) throw unsupported(name, dtype, suffixes);
    const ints = words(name, inputs, y, elements, tasksFor(elements, workers, parallelFrom));
    return params.length === 0 ? { entry, ints } : { entry, ints, floats: params.map((param) => attrs[param] as number) };
  };
}

/** The struct of elementwise.h, up to its params. */
function words(name: string, inputs: readonly CpuOperand[], y: CpuOperand, elements: number, tasks: number): number[] {
  const [a, b, c] = inputs as readonly [CpuOperand, CpuOperand?, CpuOperand?];
  const ints = [a.pointer, b ? b.pointer : 0, c ? c.pointer : 0, y.pointer, elements, elements, tasks, 0, 0, 0];
  ints.push(bytesOf(a), b ? bytesOf(b) : 0, c ? bytesOf(c) : 0, bytesOf(y));
  // One row if every operand is either one element or all of them.
  let inner: readonly number[] = [elements, flatStep(a, elements), flatStep(b, elements), flatStep(c, elements)];
  if (inner.includes(-1)) {
    const rank = y.shape.length;
    const steps = (operand: CpuOperand | undefined) => broadcastStrides(operand ? operand.shape : [], rank);
    const axes = collapse(y.shape, steps(a), steps(b), steps(c));
    inner = axes.pop() as Axis;
    requireWalkable(name, y.shape, axes);
    pushAxes(ints, axes);
  } else ints.push(0);
  [ints[5], ints[7], ints[8], ints[9]] = inner as [number, number, number, number];
  return ints;
}

const bytesOf = ({ dtype }: CpuOperand): number => DTYPES[dtype as DType].bytes;

/** 1: element by element; 0: one element for all, or no operand; −1: neither. */
function flatStep(operand: CpuOperand | undefined, elements: number): number {
  const own = operand ? product(operand.shape) : 1;
  if (own === elements && operand) return 1;
  return own === 1 ? 0 : -1;
}

const unsupported = (name: string, dtype: string, suffixes: Suffixes): DTypeError =>
  new DTypeError(name, {
    rule: `arguments must be ${Object.keys(suffixes).join(" or ")} on the cpu`,
    got: dtype,
    fix: 'Convert with toDtype("f32")',
  });
