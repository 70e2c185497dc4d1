import { apply1 } from "../apply";
import type { Tensor } from "../tensor";
import { binaryOp, type ElementwiseOp, operand, type Params, where } from "./elementwise";
import { log, neg, sqrt } from "./unary";

const NONE: Params = {};

/** Rows of two arguments, with broadcasting. */
export const binaryOps = {
  add: binaryOp("add", {
    takesIntegers: true,
    grads: [
      [[], ({ dy }) => dy],
      [[], ({ dy }) => dy],
    ],
  }),
  sub: binaryOp("sub", {
    takesIntegers: true,
    grads: [
      [[], ({ dy }) => dy],
      [[], ({ dy }) => neg(dy)],
    ],
  }),
  mul: binaryOp("mul", {
    takesIntegers: true,
    grads: [
      [["b"], ({ dy, b }) => mul(dy, b)],
      [["a"], ({ dy, a }) => mul(dy, a)],
    ],
  }),
  div: binaryOp("div", {
    grads: [
      [["b"], ({ dy, b }) => div(dy, b)],
      [["b", "y"], ({ dy, b, y }) => neg(mul(dy, div(y, b)))],
    ],
  }),
  pow: binaryOp("pow", {
    precision: "full",
    grads: [
      // b = 0 has derivative 0 everywhere, also where a^(b-1) is infinite.
      [["a", "b"], ({ dy, a, b }) => where(equal(b, 0), 0, mul(dy, mul(b, pow(a, sub(b, 1)))))],
      // 0^b with b > 0 is flat in b; log(0) would make it NaN.
      [["a", "b", "y"], ({ dy, a, b, y }) => mul(dy, where(equal(a, 0), where(less(b, 0), mul(y, log(a)), 0), mul(y, log(a))))],
    ],
  }),
  // Ties share the gradient equally, as in PyTorch.
  maximum: binaryOp("maximum", {
    takesIntegers: true,
    grads: [
      [["a", "b"], ({ dy, a, b }) => shareGrad(dy, a, b, less)],
      [["a", "b"], ({ dy, a, b }) => shareGrad(dy, b, a, less)],
    ],
  }),
  minimum: binaryOp("minimum", {
    takesIntegers: true,
    grads: [
      [["a", "b"], ({ dy, a, b }) => shareGrad(dy, a, b, greater)],
      [["a", "b"], ({ dy, a, b }) => shareGrad(dy, b, a, greater)],
    ],
  }),
  equal: binaryOp("equal", { isComparison: true, takesIntegers: true, grads: null }),
  notEqual: binaryOp("notEqual", { isComparison: true, takesIntegers: true, grads: null }),
  greater: binaryOp("greater", { isComparison: true, takesIntegers: true, grads: null }),
  greaterEqual: binaryOp("greaterEqual", { isComparison: true, takesIntegers: true, grads: null }),
  less: binaryOp("less", { isComparison: true, takesIntegers: true, grads: null }),
  lessEqual: binaryOp("lessEqual", { isComparison: true, takesIntegers: true, grads: null }),
} satisfies Record<string, ElementwiseOp>;

/** 0 where x loses to other, half of dy where they are equal, else dy: beside a NaN nobody loses, as in PyTorch. */
const shareGrad = (dy: Tensor, x: Tensor, other: Tensor, loses: typeof less): Tensor =>
  where(loses(x, other), 0, where(equal(x, other), mul(dy, 0.5), dy));

type Operand = Tensor | number;

function binary(op: ElementwiseOp, a: Operand, b: Operand): Tensor {
  const like = (typeof a === "number" ? b : a) as Tensor;
  return apply1(op, [operand(a, like), operand(b, like)], NONE);
}

/** a + b */
export const add = (a: Operand, b: Operand): Tensor => binary(binaryOps.add, a, b);
/** a − b */
export const sub = (a: Operand, b: Operand): Tensor => binary(binaryOps.sub, a, b);
/** a · b, element by element */
export const mul = (a: Operand, b: Operand): Tensor => binary(binaryOps.mul, a, b);
/** a / b */
export const div = (a: Operand, b: Operand): Tensor => binary(binaryOps.div, a, b);
/** aᵇ. The number 1/2 is a square root, as in PyTorch: faster, and NaN at −∞. */
export const pow = (a: Operand, b: Operand): Tensor =>
  b === 0.5 && typeof a !== "number" ? sqrt(a) : binary(binaryOps.pow, a, b);
/** The larger of a and b; NaN if either is. */
export const maximum = (a: Operand, b: Operand): Tensor => binary(binaryOps.maximum, a, b);
/** The smaller of a and b; NaN if either is. */
export const minimum = (a: Operand, b: Operand): Tensor => binary(binaryOps.minimum, a, b);
/** a = b, as bool */
export const equal = (a: Operand, b: Operand): Tensor => binary(binaryOps.equal, a, b);
/** a ≠ b, as bool */
export const notEqual = (a: Operand, b: Operand): Tensor => binary(binaryOps.notEqual, a, b);
/** a > b, as bool */
export const greater = (a: Operand, b: Operand): Tensor => binary(binaryOps.greater, a, b);
/** a ≥ b, as bool */
export const greaterEqual = (a: Operand, b: Operand): Tensor => binary(binaryOps.greaterEqual, a, b);
/** a < b, as bool */
export const less = (a: Operand, b: Operand): Tensor => binary(binaryOps.less, a, b);
/** a ≤ b, as bool */
export const lessEqual = (a: Operand, b: Operand): Tensor => binary(binaryOps.lessEqual, a, b);
