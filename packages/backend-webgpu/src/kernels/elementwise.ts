import { type DType, DTypeError, ELEMENTWISE, type ElementwiseName } from "@vertebra/core";
import { broadcastStrides, collapse, product, requireWalkable } from "@vertebra/core/plan";
import { floatWord, type GpuOperand, gridFor, type Plan } from "../launch";
import { type Shader, shader } from "../shader";
import { elementwiseSource, type Kind, kindOf, type Walk } from "./elementwise-source";

type Params = Readonly<Record<string, number>>;

interface Row {
  /** One element of the result from `a`, `b`, `c` and the op's params in their order, `p.x` and `p.y`. */
  readonly of: string;
  /** The same on i32; none where the op takes floats only. */
  readonly ofInts?: string;
}

const floats = (of: string): Row => ({ of });
const numbers = (of: string, ofInts = of): Row => ({ of, ofInts });
const comparison = (of: string): Row => numbers(`select(0u, 1u, ${of})`);

const rows: { readonly [K in Exclude<ElementwiseName, "where">]: Row } = {
  neg: numbers("-a"),
  abs: numbers("abs(a)"),
  sign: numbers("select(sign(a), a, isNanBits(a))", "sign(a)"),
  floor: floats("floor(a)"),
  exp: floats("exp(a)"),
  log: floats("logOf(a)"),
  sqrt: floats("sqrt(a)"),
  rsqrt: floats("inverseSqrt(a)"),
  erf: floats("erfOf(a)"),
  tanh: floats("tanhOf(a)"),
  sigmoid: floats("sigmoidOf(a)"),
  relu: floats("larger(a, 0.0f)"),
  relu6: floats("smaller(larger(a, 0.0f), 6.0f)"),
  leakyRelu: floats("select(a * p.x, a, a > 0.0f)"),
  elu: floats("select(p.x * (exp(min(a, 0.0f)) - 1.0f), a, a > 0.0f)"),
  softplus: floats("select(softplusOf(a * p.x) / p.x, a, a * p.x > p.y)"),
  silu: floats("a * sigmoidOf(a)"),
  mish: floats("a * mishGate(a)"),
  gelu: floats("a * cdfOf(a)"),
  geluTanh: floats("0.5f * a * (1.0f + geluGate(a))"),
  hardsigmoid: floats("smaller(larger(a + 3.0f, 0.0f), 6.0f) / 6.0f"),
  hardswish: floats("a * smaller(larger(a + 3.0f, 0.0f), 6.0f) / 6.0f"),
  clamp: floats("smaller(larger(a, p.x), p.y)"),
  isNan: floats("select(0u, 1u, isNanBits(a))"),
  add: numbers("a + b"),
  sub: numbers("a - b"),
  mul: numbers("a * b"),
  div: floats("a / b"),
  pow: floats("powOf(a, b)"),
  maximum: numbers("select(larger(a, b), b, isNanBits(b))", "max(a, b)"),
  minimum: numbers("select(smaller(a, b), b, isNanBits(b))", "min(a, b)"),
  equal: comparison("a == b"),
  notEqual: comparison("a != b"),
  greater: comparison("a > b"),
  greaterEqual: comparison("a >= b"),
  less: comparison("a < b"),
  lessEqual: comparison("a <= b"),
  // a is what the activation saves: y for relu, sigmoid and tanh, else x. b is dy.
  reluGrad: floats("select(b, 0.0f, a <= 0.0f)"),
  relu6Grad: floats("select(b, 0.0f, a <= 0.0f || a >= 6.0f)"),
  leakyReluGrad: floats("select(b * p.x, b, a > 0.0f)"),
  eluGrad: floats("select(b, b * p.x * exp(min(a, 0.0f)), a <= 0.0f)"),
  sigmoidGrad: floats("b * ((1.0f - a) * a)"),
  tanhGrad: floats("b * (1.0f - a * a)"),
  softplusGrad: floats("select(b * sigmoidOf(a * p.x), b, a * p.x > p.y)"),
  siluGrad: floats("b * siluSlope(a)"),
  mishGrad: floats("b * mishSlope(a)"),
  geluGrad: floats("b * (cdfOf(a) + a * densityOf(a))"),
  geluTanhGrad: floats("b * geluTanhSlope(a)"),
  hardsigmoidGrad: floats("select(0.0f, b / 6.0f, a > -3.0f && a < 3.0f)"),
  hardswishGrad: floats("select(select(b, b * (a / 3.0f + 0.5f), a <= 3.0f), 0.0f, a < -3.0f)"),
  clampGrad: floats("select(0.0f, b, a >= p.x && a <= p.y)"),
};

const WHERE = "select(c, b, a != 0u)";

/** y = f(a), f(a, b) or f(a, b, c), element by element with broadcasting: a plan for each row. */
export const elementwise = Object.fromEntries(
  (Object.keys(ELEMENTWISE) as ElementwiseName[]).map((name) => [name, planFor(name)]),
) as { readonly [K in ElementwiseName]: Plan<Params> };

function planFor(name: ElementwiseName): Plan<Params> {
  const shaders = new Map<string, Shader>();
  const { params: names } = ELEMENTWISE[name];
  return (inputs, outputs, attrs, limits) => {
    const y = outputs[0] as GpuOperand;
    const elements = product(y.shape);
    if (elements === 0) return [];
    const walks = inputs.map((input) => walkOf(input, elements));
    const dtype = (inputs.at(-1) as GpuOperand).dtype;
    const key = `${dtype} ${walks.join(" ")}`;
    const known = shaders.get(key);
    const kernel = known ?? shader(name, elementwiseSource({ name, ...kindsOf(name, dtype, y.dtype, walks) }));
    if (!known) shaders.set(key, kernel);
    const axes = walks.includes("steps") ? axesOf(name, inputs, y) : [];
    const params = [
      elements,
      axes.length,
      ...[0, 1].map((i) => floatWord(names[i] === undefined ? 0 : (attrs[names[i]] as number))),
    ];
    for (const [size, ...steps] of axes) params.push(size as number, steps[0] ?? 0, steps[1] ?? 0, steps[2] ?? 0);
    return [{ shader: kernel, params, bindings: [...inputs, y], grid: gridFor(Math.ceil(elements / 4), limits) }];
  };
}

/** What the kernel reads and computes for operands of `dtype`. @throws DTypeError if the op isn't for it. */
function kindsOf(name: ElementwiseName, dtype: DType, resultDtype: DType, walks: readonly Walk[]) {
  if (name === "where") {
    // Whatever is chosen from, it is moved as bits.
    const kind = dtype === "f32" || dtype === "i32" ? "bits32" : dtype === "f16" ? "bits16" : kindOf(dtype);
    const kinds: readonly Kind[] = ["bits8", kind, kind];
    return { expression: WHERE, result: kind, operands: kinds.map((each, i) => ({ kind: each, walk: walks[i] as Walk })) };
  }
  const row = rows[name];
  const expression = dtype === "f32" || dtype === "f16" ? row.of : dtype === "i32" ? row.ofInts : undefined;
  if (expression === undefined) {
    throw new DTypeError(name, {
      rule: `arguments must be ${row.ofInts ? "f32 or i32" : "f32"} on webgpu`,
      got: dtype,
      fix: 'Convert with toDtype("f32")',
    });
  }
  return { expression, result: kindOf(resultDtype), operands: walks.map((walk) => ({ kind: kindOf(dtype), walk })) };
}

function walkOf({ shape }: GpuOperand, elements: number): Walk {
  const own = product(shape);
  if (own === elements) return "each";
  return own === 1 ? "one" : "steps";
}

/** The result's axes with each operand's step, neighbours joined where all operands run through them in one stride. */
function axesOf(name: string, inputs: readonly GpuOperand[], y: GpuOperand): readonly (readonly number[])[] {
  const steps = inputs.map(({ shape }) => broadcastStrides(shape, y.shape.length));
  const axes = collapse(y.shape, ...steps);
  requireWalkable(name, y.shape, axes);
  return axes;
}
