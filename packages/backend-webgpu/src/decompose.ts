import { product } from "@vertebra/core/plan";
import type { GpuOperand, Limits } from "./launch";
import { isLarge, type OpCall, ranges, rowsThatFit, type Temporary, view } from "./split";

type Run = readonly [first: number, count: number];

/** Calls that compute what one call can't, because an operand of it can't be bound. */
class Calls {
  readonly list: OpCall[] = [];

  constructor(
    readonly limits: Limits,
    readonly temporary: Temporary,
  ) {}

  into(y: GpuOperand, op: string, inputs: readonly GpuOperand[], attrs: unknown = {}): GpuOperand {
    this.list.push({ op, inputs, outputs: [y], attrs });
    return y;
  }

  make(shape: readonly number[], op: string, inputs: readonly GpuOperand[], attrs: unknown = {}): GpuOperand {
    return this.into(this.temporary(shape, "f32"), op, inputs, attrs);
  }

  /** A scalar. */
  number(value: number): GpuOperand {
    return this.make([], "fill", [], { shape: [], dtype: "f32", value });
  }

  /**
   * `make` of runs of entries along axis 0, each as long as fits of all of `viewed`; undefined where not one does, or where all do at once, so
   * that what is too large isn't among them.
   */
  overRuns(viewed: readonly GpuOperand[], make: (run: Run) => GpuOperand): GpuOperand[] | undefined {
    const [rows, total] = [rowsThatFit(viewed, this.limits), viewed[0]?.shape[0] as number];
    return rows === 0 || rows >= total ? undefined : ranges(total, rows).map(make);
  }

  /** y = what `make` gives of runs of the operands' entries, joined. */
  foldParts(
    y: GpuOperand,
    op: string,
    operands: readonly GpuOperand[],
    make: (parts: readonly GpuOperand[], part: GpuOperand) => GpuOperand,
  ): boolean {
    const terms = this.overRuns(operands, (run) =>
      make(
        operands.map((operand) => view(operand, ...run)),
        this.temporary(y.shape, y.dtype),
      ),
    );
    if (terms) this.fold(y, op, terms);
    return terms !== undefined;
  }

  /** A copy of some columns of a matrix. */
  columns(x: GpuOperand, [first, count]: Run): GpuOperand {
    const sizes = [x.shape[0] as number, count];
    return this.into(this.temporary(sizes, x.dtype), "slice", [x], { starts: [0, first], sizes, steps: [1, 1] });
  }

  /** y = terms joined by a binary op, in order. */
  fold(y: GpuOperand, op: string, terms: readonly GpuOperand[]): void {
    const [first, ...others] = terms as [GpuOperand, ...GpuOperand[]];
    others.reduce(
      (sum, term, i) => this.into(i === others.length - 1 ? y : this.temporary(y.shape, y.dtype), op, [sum, term]),
      first,
    );
  }
}

type Decomposition = (calls: Calls, call: OpCall) => boolean;

const DECOMPOSITIONS: { readonly [op: string]: Decomposition } = {
  amax: (calls, call) => reduce(calls, call, "maximum"),
  batchNormTrain,
  batchNormTrainGrad,
  conv2dWeightGrad,
  matmul,
  prod: (calls, call) => reduce(calls, call, "mul"),
  sum: (calls, call) => reduce(calls, call, "add"),
};

/** Smaller calls with the same result; some may still have to be split. Undefined where there is no way. */
export function decompose(call: OpCall, limits: Limits, temporary: Temporary): readonly OpCall[] | undefined {
  const calls = new Calls(limits, temporary);
  return DECOMPOSITIONS[call.op]?.(calls, call) ? calls.list : undefined;
}

/** A reduction over axis 0 too: of runs of entries, then of what these gave. */
function reduce(calls: Calls, { op, inputs, outputs, attrs }: OpCall, join: string): boolean {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const { axes } = attrs as { readonly axes: readonly number[] };
  const [size, ...inner] = x.shape as [number, ...number[]];
  const isOfAll = axes.length === x.shape.length && inner.length > 0;
  if (isOfAll || size === 1) {
    const rest = isOfAll ? [0] : axes.flatMap((axis) => (axis === 0 ? [] : [axis - 1]));
    calls.into(y, op, [{ ...x, shape: isOfAll ? [product(x.shape)] : inner }], { axes: rest, keepDims: false });
    return true;
  }
  return calls.foldParts(y, join, [x], (parts, part) => calls.into(part, op, parts, attrs));
}

/** dw = Σ over runs of images. */
function conv2dWeightGrad(calls: Calls, { op, inputs, outputs, attrs }: OpCall): boolean {
  const dw = outputs[0] as GpuOperand;
  return calls.foldParts(dw, "add", inputs, (parts, part) => calls.into(part, op, parts, attrs));
}

interface MatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
}

/** By rows of y, by its columns, or as a sum over runs of k: whichever the large operand lies in runs of. */
function matmul(calls: Calls, { inputs, outputs, attrs }: OpCall): boolean {
  const { transA, transB } = attrs as MatmulAttrs;
  const matrices = asMatrices([...inputs, ...outputs] as [GpuOperand, GpuOperand, GpuOperand], transA);
  if (!matrices) return false;
  const [a, b, y] = matrices;
  const large = matrices.map((one) => isLarge(one, calls.limits)) as [boolean, boolean, boolean];
  const product = (part: GpuOperand, left: GpuOperand, right: GpuOperand) => calls.into(part, "matmul", [left, right], attrs);
  // The large one is cut along its own axis 0, in views; others along the same axis of the product, in views or copies.
  const cut = (x: GpuOperand, axis: 0 | 1) => (run: Run) => (axis === 0 ? view(x, ...run) : calls.columns(x, run));
  if (large[2] || (large[0] && !transA)) {
    const rowsOfA = cut(a, transA ? 1 : 0);
    const viewed = transA ? [y] : [y, a];
    return calls.overRuns(viewed, (run) => product(view(y, ...run), rowsOfA(run), b)) !== undefined;
  }
  if (large[1] && transB) {
    const columns = calls.overRuns([b], (run) =>
      product(calls.temporary([y.shape[0] as number, run[1]], y.dtype), a, view(b, ...run)),
    );
    if (columns) calls.into(y, "concat", columns, { axis: 1, sizes: columns.map(({ shape }) => shape[1]) });
    return columns !== undefined;
  }
  const [termsOfA, termsOfB] = [cut(a, transA ? 0 : 1), cut(b, transB ? 1 : 0)];
  const viewed = [...(transA ? [a] : []), ...(transB ? [] : [b])];
  const terms = calls.overRuns(viewed, (run) => product(calls.temporary(y.shape, y.dtype), termsOfA(run), termsOfB(run)));
  if (terms) calls.fold(y, "add", terms);
  return terms !== undefined;
}

/** a, b and y without batch axes: where b has none, the rows of all of a's matrices are those of one. */
function asMatrices([a, b, y]: readonly [GpuOperand, GpuOperand, GpuOperand], transA: boolean) {
  const flat = (one: GpuOperand): GpuOperand => ({
    ...one,
    shape: [product(one.shape.slice(0, -1)), one.shape.at(-1) as number],
  });
  const isOne = ({ shape }: GpuOperand) => product(shape.slice(0, -2)) === 1;
  return isOne(b) && (isOne(a) || !transA) ? ([flat(a), flat(b), flat(y)] as const) : undefined;
}

/** Mean and variance in two passes, then y = (x − mean) · scale + bias. */
function batchNormTrain(calls: Calls, { inputs, outputs, attrs }: OpCall): boolean {
  const [x, weight, bias] = inputs as [GpuOperand, GpuOperand, GpuOperand];
  const [y, mean, variance] = outputs as [GpuOperand, GpuOperand, GpuOperand];
  const share = calls.number((x.shape[1] as number) / product(x.shape));
  const { sumOf, byChannel } = channelsOf(calls, x);
  calls.into(mean, "mul", [sumOf(x), share]);
  const centered = calls.make(x.shape, "sub", [x, byChannel(mean)]);
  calls.into(variance, "mul", [sumOf(calls.make(x.shape, "mul", [centered, centered])), share]);
  const invStd = invStdOf(calls, variance, attrs);
  calls.into(y, "scaleShift", [centered, calls.make(weight.shape, "mul", [weight, invStd]), bias]);
  return true;
}

/** dbias = Σ dy, dweight = Σ dy · (x − mean) / σ, dx = (dy − dbias / m − (x − mean) · dweight / (σ m)) · weight / σ. */
function batchNormTrainGrad(calls: Calls, { inputs, outputs, attrs }: OpCall): boolean {
  const [x, weight, mean, variance, dy] = inputs as [GpuOperand, GpuOperand, GpuOperand, GpuOperand, GpuOperand];
  const [dx, dweight, dbias] = outputs as [GpuOperand, GpuOperand, GpuOperand];
  const share = calls.number(-(x.shape[1] as number) / product(x.shape));
  const { sumOf, byChannel } = channelsOf(calls, x);
  const perChannel = (op: string, a: GpuOperand, b: GpuOperand) => calls.make(weight.shape, op, [a, b]);
  const invStd = invStdOf(calls, variance, attrs);
  const centered = calls.make(x.shape, "sub", [x, byChannel(mean)]);
  sumOf(dy, dbias);
  calls.into(dweight, "mul", [sumOf(calls.make(x.shape, "mul", [dy, centered])), invStd]);
  const slope = perChannel("mul", perChannel("mul", dweight, invStd), share);
  const rest = calls.make(x.shape, "scaleShift", [centered, slope, perChannel("mul", dbias, share)]);
  const scale = perChannel("mul", weight, invStd);
  calls.into(dx, "mul", [calls.make(x.shape, "add", [dy, rest]), byChannel(scale)]);
  return true;
}

const invStdOf = (calls: Calls, variance: GpuOperand, attrs: unknown): GpuOperand =>
  calls.make(variance.shape, "rsqrt", [
    calls.make(variance.shape, "add", [variance, calls.number((attrs as { readonly eps: number }).eps)]),
  ]);

/** Sums over all axes of x but channels, and what goes by channel in a shape that x's is broadcast with. */
function channelsOf(calls: Calls, { shape }: GpuOperand) {
  const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const channels = shape.map((size, axis) => (axis === 1 ? size : 1));
  return {
    sumOf: (x: GpuOperand, y: GpuOperand = calls.temporary([shape[1] as number], "f32")) =>
      calls.into(y, "sum", [x], { axes, keepDims: false }),
    byChannel: (x: GpuOperand): GpuOperand => ({ ...x, shape: channels }),
  };
}
