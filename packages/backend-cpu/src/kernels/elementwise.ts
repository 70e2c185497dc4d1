import { DTYPES, type DType, DTypeError, ELEMENTWISE, type ElementwiseName } from "@vertebra/core";
import type { CpuOperand, Plan } from "../launch";
import { broadcastStrides, collapse, product, requireWalkable, tasksFor } from "./axes";

/** What an entry's name ends in, by the dtype of the last argument; the dtypes that an op takes. */
type Suffixes = { readonly [dtype: string]: string };
type Params = Readonly<Record<string, number>>;

const FLOATS: Suffixes = { f32: "" };
const NUMBERS: Suffixes = { f32: "", i32: "Ints" };
const BY_SIZE: Suffixes = { f32: "4", i32: "4", f16: "2", bf16: "2", u8: "1", bool: "1" };

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
  const entries = new Map(Object.entries(suffixes).map(([dtype, suffix]) => [dtype, `elementwise_${name}${suffix}`]));
  return (inputs, outputs, attrs, workers) => {
    const y = outputs[0] as CpuOperand;
    const elements = product(y.shape);
    if (elements === 0) return null;
    const { dtype } = inputs.at(-1) as CpuOperand;
    const entry = entries.get(dtype);
    if (entry === undefined) throw unsupported(name, dtype, suffixes);
    const ints = words(name, inputs, y, elements, tasksFor(elements, workers));
    return params.length === 0 ? { entry, ints } : { entry, ints, floats: params.map((param) => attrs[param] as number) };
  };
}

/** The struct of elementwise.h, up to its params. */
function words(name: string, inputs: readonly CpuOperand[], y: CpuOperand, elements: number, tasks: number): number[] {
  const [a, b, c] = inputs as readonly [CpuOperand, CpuOperand?, CpuOperand?];
  const bytes = [bytesOf(a), b ? bytesOf(b) : 0, c ? bytesOf(c) : 0, bytesOf(y)];
  const head = [a.pointer, b?.pointer ?? 0, c?.pointer ?? 0, y.pointer, elements];
  // One row if every operand is either one element or all of them.
  const flat = [a, b, c].map((operand) => (operand ? flatStep(operand, elements) : 0));
  if (!flat.includes(-1)) return [...head, elements, tasks, ...flat, ...bytes, 0];
  const rank = y.shape.length;
  const steps = [a, b, c].map((operand) => (operand ? broadcastStrides(operand.shape, rank) : new Array<number>(rank).fill(0)));
  const axes = collapse(y.shape, ...steps);
  const [columns, ...inner] = axes.pop() as readonly [number, number, number, number];
  requireWalkable(name, y.shape, axes);
  return [...head, columns, tasks, ...inner, ...bytes, axes.length, ...axes.flat()];
}

const bytesOf = ({ dtype }: CpuOperand): number => DTYPES[dtype as DType].bytes;

/** 1: element by element; 0: one element for all; −1: neither. */
function flatStep({ shape }: CpuOperand, elements: number): number {
  const own = product(shape);
  return own === elements ? 1 : own === 1 ? 0 : -1;
}

const unsupported = (name: string, dtype: string, suffixes: Suffixes): DTypeError =>
  new DTypeError(name, {
    rule: `arguments must be ${Object.keys(suffixes).join(" or ")} on the cpu`,
    got: dtype,
    fix: 'Convert with toDtype("f32")',
  });
