import { apply1 } from "../apply";
import { constant } from "../functional/constant";
import type { Op, Precision, VjpContext } from "../op";
import { broadcastShapes, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireExactly, requireFloats, requireNumbers, requireSameDType } from "./rules";

/** Numbers that an elementwise op is given beside its tensors (a slope, bounds), by name. */
export type Params = Readonly<Record<string, number>>;

type UnaryContext = {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly params: Params;
  readonly isRecorded: boolean;
};

interface UnaryRow {
  /** Names of the numbers, in the order kernels take them. */
  readonly params?: readonly string[];
  /** Also defined for i32. */
  readonly takesIntegers?: boolean;
  /** As `Op.precision`. */
  readonly precision?: Precision;
  /** What `grad` reads: the input, the result or neither. */
  readonly saves: "x" | "y" | null;
  /** dL/dx from dy; null where the derivative is zero everywhere. */
  readonly grad: ((context: UnaryContext) => Tensor) | null;
}

export interface ElementwiseOp extends Op<Params> {
  readonly params: readonly string[];
}

/** y = f(x), element by element. */
export function unaryOp(name: string, row: UnaryRow): ElementwiseOp {
  const { saves, grad, params = [], takesIntegers = false, precision } = row;
  const toContext = (context: VjpContext<Params>): UnaryContext => ({
    dy: context.dy,
    isRecorded: context.isRecorded,
    params: context.attrs,
    get x() {
      return context.saved("x");
    },
    get y() {
      return context.saved("y");
    },
  });
  return {
    name,
    params,
    inputs: ["x"],
    outputs: ["y"],
    ...(precision && { precision }),
    infer: ([x]) => {
      const spec = x as TensorSpec;
      return [{ shape: spec.shape, dtype: (takesIntegers ? requireNumbers : requireFloats)(name, ["x"], [spec]) }];
    },
    vjp: grad && { x: { saves: saves ? [saves] : [], grad: (context) => grad(toContext(context)) } },
  };
}

type BinaryContext = { readonly dy: Tensor; readonly a: Tensor; readonly b: Tensor; readonly y: Tensor };
type BinaryName = "a" | "b" | "y";

interface BinaryRow {
  /** The result is bool whatever the arguments are. */
  readonly isComparison?: boolean;
  /** Also defined for i32. */
  readonly takesIntegers?: boolean;
  /** As `Op.precision`. */
  readonly precision?: Precision;
  /** dL/da and dL/db, before broadcasts are summed; null where an op has none. */
  readonly grads: readonly [BinaryDerivative, BinaryDerivative] | null;
  readonly params?: readonly string[];
}

type BinaryDerivative = readonly [saves: readonly BinaryName[], grad: (context: BinaryContext) => Tensor];

/** y = f(a, b), element by element with broadcasting. */
export function binaryOp(name: string, row: BinaryRow): ElementwiseOp {
  const derivative = (by: 0 | 1) => {
    const [saves, grad] = (row.grads as readonly BinaryDerivative[])[by] as BinaryDerivative;
    return { saves, grad: (context: VjpContext<Params>) => grad(toBinaryContext(context)) };
  };
  return {
    name,
    params: row.params ?? [],
    inputs: ["a", "b"],
    outputs: ["y"],
    ...(row.precision && { precision: row.precision }),
    infer: (specs) => {
      const [a, b] = specs as [TensorSpec, TensorSpec];
      const dtype = (row.takesIntegers ? requireNumbers : requireFloats)(name, ["a", "b"], specs);
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: row.isComparison ? "bool" : dtype }];
    },
    vjp: row.grads && { a: derivative(0), b: derivative(1) },
  };
}

const toBinaryContext = (context: VjpContext<Params>): BinaryContext => ({
  dy: context.dy,
  get a() {
    return context.saved("a");
  },
  get b() {
    return context.saved("b");
  },
  get y() {
    return context.saved("y");
  },
});

/** y = condition ? a : b, element by element with broadcasting; condition is bool. */
export const whereOp: ElementwiseOp = {
  name: "where",
  params: [],
  inputs: ["condition", "a", "b"],
  outputs: ["y"],
  moves: true,
  infer: (specs) => {
    const [condition, a, b] = specs as [TensorSpec, TensorSpec, TensorSpec];
    requireExactly("where", "condition", condition, "bool");
    const dtype = requireSameDType("where", ["a", "b"], [a, b]);
    return [{ shape: broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape)), dtype }];
  },
  vjp: {
    condition: null,
    a: { saves: ["condition"], grad: ({ dy, saved }) => where(saved("condition"), dy, 0) },
    b: { saves: ["condition"], grad: ({ dy, saved }) => where(saved("condition"), 0, dy) },
  },
};

/** `condition ? a : b` element by element, with broadcasting. At least one of a and b is a tensor. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const like = (typeof a === "number" ? b : a) as Tensor;
  return apply1(whereOp, [condition, operand(a, like), operand(b, like)], {});
}

/** A number as a scalar tensor of `like`'s dtype and device; tensors pass through. */
export const operand = (value: Tensor | number, like: Tensor): Tensor =>
  typeof value === "number" ? constant(value, like) : value;
