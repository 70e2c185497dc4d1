import type { ElementwiseName, Params } from "@vertebra/core";
import { broadcastIndex } from "../indexing";
import { type Meaning, Values } from "../values";
import { activationGrads } from "./activation-grads";
import { activations } from "./activations";

/** One element of the result from one of each argument, given the op's numbers. */
export type Row = (params: Params) => (a: number, b: number, c: number) => number;

const ROWS: { readonly [K in ElementwiseName]: Row } = {
  ...activations,
  ...activationGrads,
  neg: () => (x) => -x,
  abs: () => Math.abs,
  sign: () => Math.sign,
  floor: () => Math.floor,
  exp: () => Math.exp,
  log: () => Math.log,
  sqrt: () => Math.sqrt,
  rsqrt: () => (x) => 1 / Math.sqrt(x),
  isNan: () => (x) => (x !== x ? 1 : 0),
  add: () => (a, b) => a + b,
  sub: () => (a, b) => a - b,
  mul: () => (a, b) => a * b,
  div: () => (a, b) => a / b,
  pow: () => power,
  maximum: () => (a, b) => Math.max(a, b),
  minimum: () => (a, b) => Math.min(a, b),
  equal: () => (a, b) => (a === b ? 1 : 0),
  notEqual: () => (a, b) => (a !== b ? 1 : 0),
  greater: () => (a, b) => (a > b ? 1 : 0),
  greaterEqual: () => (a, b) => (a >= b ? 1 : 0),
  less: () => (a, b) => (a < b ? 1 : 0),
  lessEqual: () => (a, b) => (a <= b ? 1 : 0),
  where: () => (condition, a, b) => (condition ? a : b),
};

/** C's pow, which PyTorch has: 1 to any power is 1, also to NaN, and so is −1 to ±∞. JavaScript says NaN. */
const power = (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b);

/** Applies a row to every element, arguments broadcast to the result's shape. */
const elementwise =
  (row: Row): Meaning<Params> =>
  ({ attrs, shape }, ...inputs) => {
    const fn = row(attrs);
    const y = new Values(shape);
    const [a, b, c] = inputs.map((input) => expandTo(input, y));
    for (let i = 0; i < y.data.length; i++) y.data[i] = fn(a?.[i] as number, b?.[i] as number, c?.[i] as number);
    return [y];
  };

function expandTo(x: Values, y: Values): Float64Array {
  if (x.data.length === y.data.length) return x.data;
  return Float64Array.from(broadcastIndex(x.shape, y.shape), (i) => x.at(i));
}

export const elementwiseMeanings = Object.fromEntries(Object.entries(ROWS).map(([name, row]) => [name, elementwise(row)])) as {
  readonly [K in ElementwiseName]: Meaning<Params>;
};
