import { type Device, type DType, decode, encode, type Op, type OpName, Philox, type Shape } from "@vertebra/core";
import { type Argument, argumentsOf, opOf, randomOf, resultSpecs } from "./case-values";
import type { OpCase } from "./cases/types";
import { evaluateOn } from "./evaluate";
import { boundsOf, openNoisy } from "./noisy";
import { openReference } from "./reference/index";
import { MEANINGS } from "./reference/kernels/index";
import { type Meaning, Values } from "./reference/values";
import { type Bound, PRECISIONS, type Precision } from "./tolerance";

/** What the reference makes of a case. */
export interface Reference {
  readonly op: OpName;
  readonly one: OpCase<unknown>;
  readonly arguments: readonly Argument[];
  readonly gradient: ReferenceGradient | undefined;
}

interface ReferenceGradient {
  /** What is fed back. */
  readonly dy: Values;
  /** By argument; undefined where there is none. */
  readonly grads: readonly (Values | undefined)[];
  /** How far errors inside each op's tolerance move them in f32: root mean squares. */
  readonly noise: readonly Float64Array[];
}

/** What a device should give for a case, and how far it may be away. */
export interface Expectation {
  readonly results: readonly Values[];
  readonly bounds: readonly Bound[];
  readonly precision: Precision;
  readonly gradientBounds: readonly Bound[];
}

const NOISE_RUNS = 5;

export async function referenceOf(op: OpName, one: OpCase<unknown>): Promise<Reference> {
  const arguments_ = argumentsOf(op, one);
  const gradient = hasGradient(opOf(op), arguments_, one) ? await gradientOf(op, one, arguments_) : undefined;
  return { op, one, arguments: arguments_, gradient };
}

/** The expectation of devices that compute in `floatDtype`. */
export function expectationOf({ op, one, arguments: arguments_, gradient }: Reference, floatDtype: "f32" | "f64"): Expectation {
  const precision = PRECISIONS[floatDtype];
  const inputs = arguments_.map(({ values }) => values);
  const specs = resultSpecs(op, arguments_, one.attrs, floatDtype);
  const shapes = specs.map(({ shape }) => shape);
  const results = evaluateMeaning(op, one, shapes, inputs);
  const bounds = boundsOf(op, { inputs, results, attrs: one.attrs, shapes }, precision);
  const dtypes = [
    ...specs.map(({ dtype }) => dtype),
    ...(opOf(op).mutates ?? []).flatMap((index) => arguments_[index]?.dtype ?? []),
  ];
  const stored = results.map((result, i) => {
    const dtype = dtypes[i] === "float" ? floatDtype : (dtypes[i] ?? floatDtype);
    return dtype === floatDtype && !isExact(bounds[i]) ? result : roundTo(result, dtype);
  });
  const gradientBounds = (gradient?.grads ?? []).map((grad, g) => gradientBound(grad, gradient?.noise[g], precision));
  return { results: stored, bounds, precision, gradientBounds };
}

/** The op's meaning on these arguments, in double. */
export function evaluateMeaning(
  op: OpName,
  { attrs }: OpCase<unknown>,
  shapes: readonly Shape[],
  inputs: readonly Values[],
): readonly Values[] {
  return (MEANINGS[op] as Meaning<unknown>)({ attrs, shapes, shape: shapes[0] ?? [] }, ...inputs);
}

export const isExact = (bound: Bound | undefined): boolean => bound?.max.every((max) => max === 0) ?? false;

/** As the values come back from storage in `dtype`. */
export const roundTo = ({ shape, data }: Values, dtype: DType): Values =>
  new Values(shape, Float64Array.from(decode(encode(data, dtype), dtype)));

const hasGradient = (op: Op<unknown>, arguments_: readonly Argument[], one: OpCase<unknown>): boolean =>
  op.vjp !== null && !op.mutates && !one.special && arguments_.some(({ dtype }) => dtype === "float");

async function gradientOf(
  op: OpName,
  one: OpCase<unknown>,
  arguments_: readonly Argument[],
): Promise<ReferenceGradient | undefined> {
  const random = randomOf(op, one.name, "dy");
  const [y] = resultSpecs(op, arguments_, one.attrs, "f64");
  const dy = new Values(y?.shape ?? []).map(() => Math.fround(random.normal()));
  const run = (device: Device) => evaluateOn(device, op, arguments_, one.attrs, dy);
  const { grads } = await run(openReference());
  if (grads.every((grad) => grad === undefined)) return undefined;
  const seed = new Philox(random.uint32());
  const squares = grads.map((grad) => new Float64Array(grad?.data.length ?? 0));
  for (let r = 0; r < NOISE_RUNS; r++) {
    const moved = await run(openNoisy(PRECISIONS.f32, seed, "allowed"));
    for (const [g, grad] of grads.entries()) addSquares(squares[g] as Float64Array, grad, moved.grads[g]);
  }
  return { dy, grads, noise: squares.map((sums) => sums.map((sum) => Math.sqrt(sum / NOISE_RUNS))) };
}

function addSquares(squares: Float64Array, grad: Values | undefined, moved: Values | undefined): void {
  for (let i = 0; i < squares.length; i++) squares[i] = (squares[i] as number) + ((moved?.at(i) ?? 0) - (grad?.at(i) ?? 0)) ** 2;
}

/** Four times the rms that errors inside every op's tolerance cause (a single op's bound is √3 of it), and one rounding. */
function gradientBound(grad: Values | undefined, noise: Float64Array | undefined, { rounding, smallest }: Precision): Bound {
  const scale = rounding / PRECISIONS.f32.rounding;
  return {
    max: Float64Array.from(noise ?? [], (rms, i) => 4 * scale * rms + 2 * rounding * Math.abs(grad?.at(i) ?? 0) + smallest),
  };
}

/** Step of the central differences; arguments of cases without `kink` are further than this from where a derivative jumps. */
const STEP = 1e-5;
/** Truncation is STEP²/6 times the third derivative, rounding 2⁻⁵² · f / STEP: below 1e-7 of the terms for the cases' arguments. */
const SLACK = 1e-7;

/**
 * Checks the reference's gradient in one random direction per argument against central differences in f64.
 * @returns what is wrong, or undefined.
 */
export function checkGradient({ op, one, arguments: arguments_, gradient }: Reference): string | undefined {
  if (!gradient || one.kink) return undefined;
  const random = randomOf(op, one.name, "direction");
  const shapes = resultSpecs(op, arguments_, one.attrs, "f64").map(({ shape }) => shape);
  const result = (inputs: readonly Values[]) => evaluateMeaning(op, one, shapes, inputs)[0] as Values;
  const scale = dot(result(arguments_.map(({ values }) => values)).map(Math.abs), gradient.dy.map(Math.abs));
  for (const [index, grad] of gradient.grads.entries()) {
    if (!grad) continue;
    const direction = grad.map(() => random.normal());
    const loss = (by: number) => {
      const moved = arguments_.map(({ values }, i) => (i === index ? plus(values, direction, by) : values));
      return dot(result(moved), gradient.dy);
    };
    const numeric = (loss(STEP) - loss(-STEP)) / (2 * STEP);
    const analytic = dot(grad, direction);
    const bound = SLACK * (scale + dot(grad.map(Math.abs), direction.map(Math.abs)));
    if (!(Math.abs(numeric - analytic) <= bound)) {
      return `the derivative by argument ${index} along a direction is ${analytic}, central differences give ${numeric} ± ${bound}`;
    }
  }
  return undefined;
}

/** x + by · direction */
const plus = (x: Values, direction: Values, by: number): Values =>
  new Values(
    x.shape,
    x.data.map((value, i) => value + by * direction.at(i)),
  );
const dot = (a: Values, b: Values): number => a.data.reduce((sum, value, i) => sum + value * b.at(i), 0);
