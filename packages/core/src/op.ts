import type { TensorSpec } from "./shape";
import type { Tensor } from "./tensor";

/** What a derivative may use: the incoming gradient and the values that its `saves` names. */
export interface VjpContext<Attrs> {
  /** Gradient of the op's first output, in its shape. */
  readonly dy: Tensor;
  readonly attrs: Attrs;
  /** True when the derivative is itself being recorded, so it must be made of differentiable ops. */
  readonly isRecorded: boolean;
  /** A saved input or output by its name. */
  saved(name: string): Tensor;
  /** Spec of input `index`; never costs memory. */
  spec(index: number): TensorSpec;
  /** Which of the inputs is asked for: needed by ops that take a list. */
  readonly index: number;
}

/** Derivative by one input: what the tape must keep, and the vector-Jacobian product (broadcasts are summed by the tape). */
export interface Derivative<Attrs, Name extends string = string> {
  readonly saves: readonly Name[];
  readonly grad: (context: VjpContext<Attrs>) => Tensor;
}

/** Derivative by all inputs at once, for ops whose gradient is one kernel. */
export interface JointDerivative<Attrs, Name extends string = string> {
  readonly saves: readonly Name[];
  readonly grads: (context: VjpContext<Attrs>) => readonly (Tensor | null)[];
}

/** `null`: not differentiable (by that input, or at all). */
export type Vjp<Attrs, I extends string, O extends string> =
  | { readonly [K in I]: Derivative<Attrs, I | O> | null }
  | { readonly joint: JointDerivative<Attrs, I | O> }
  | null;

/** Under `autocast`: `low` the dtype asked for, `full` f32, `own` that of its arguments, which may differ. */
export type Precision = "low" | "full" | "own";

/** An op: its arguments, shape rule, derivative and cost. Attrs are plain values. */
export interface Op<Attrs, I extends string = string, O extends string = string> {
  readonly name: string;
  /** Tensor arguments in order. */
  readonly inputs: readonly I[];
  /** How many arguments at the end may be left out. */
  readonly optional?: number;
  /** True if the last argument is a list. */
  readonly isVariadic?: boolean;
  /** Results in order; only the first carries a gradient. */
  readonly outputs: readonly O[];
  /** Checks the inputs and says what the outputs look like. @throws ShapeError, DTypeError */
  readonly infer: (inputs: readonly TensorSpec[], attrs: Attrs) => readonly TensorSpec[];
  readonly vjp: Vjp<Attrs, I, O>;
  /** What it runs in under `autocast`. Default: the widest dtype of its arguments. */
  readonly precision?: Precision;
  /** True if it only moves or converts elements, so that every kernel of it takes every dtype. */
  readonly moves?: true;
  /** Indices of inputs that the kernel writes into. */
  readonly mutates?: readonly number[];
  /** Multiply-accumulates, where they are what the op costs. */
  readonly macs?: (inputs: readonly TensorSpec[], outputs: readonly TensorSpec[], attrs: Attrs) => number;
}

/** Declares an op; a derivative missing for an input doesn't compile. */
export function defineOp<Attrs>() {
  return <const I extends string, const O extends string>(op: Op<Attrs, I, O>): Op<Attrs, I, O> => op;
}

export type AttrsOf<T> = T extends Op<infer Attrs, infer _I, infer _O> ? Attrs : never;
