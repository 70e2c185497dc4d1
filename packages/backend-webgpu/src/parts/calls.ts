import { DTYPES, type DType, formatShape, OutOfMemoryError } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand, Limits } from "../launch";

/** A call of an op, by name. */
export interface OpCall {
  readonly op: string;
  readonly inputs: readonly GpuOperand[];
  readonly outputs: readonly GpuOperand[];
  readonly attrs: unknown;
}

/** Memory for a value between two calls, for as long as the op takes. */
export type Temporary = (shape: readonly number[], dtype: DType) => GpuOperand;

/** Entries along axis 0. */
export type Run = readonly [first: number, count: number];

/** What an offset must be a multiple of, on every adapter: of a binding, and of a copy. */
const [BINDING_ALIGNMENT, COPY_ALIGNMENT] = [256, 4];

const bytesOf = ({ shape, dtype }: GpuOperand): number => product(shape) * DTYPES[dtype].bytes;
const rowBytesOf = (one: GpuOperand): number => bytesOf(one) / (one.shape[0] as number);

/** True if the operand can't be bound at once. */
export const isLarge = (operand: GpuOperand, { maxStorageBufferBindingSize }: Limits): boolean =>
  bytesOf(operand) > maxStorageBufferBindingSize;

/** The calls that one with an operand too large to be bound is replaced by, in order; some may still have to be cut. */
export class Calls {
  readonly list: OpCall[] = [];

  constructor(
    readonly whole: OpCall,
    readonly limits: Limits,
    readonly temporary: Temporary,
  ) {}

  into(y: GpuOperand, op: string, inputs: readonly GpuOperand[], attrs: unknown = {}): GpuOperand {
    this.list.push({ op, inputs, outputs: [y], attrs });
    return y;
  }

  make(
    shape: readonly number[],
    op: string,
    inputs: readonly GpuOperand[],
    attrs: unknown = {},
    dtype: DType = "f32",
  ): GpuOperand {
    return this.into(this.temporary(shape, dtype), op, inputs, attrs);
  }

  /** A scalar. */
  number(value: number, dtype: DType = "f32"): GpuOperand {
    return this.make([], "fill", [], { shape: [], dtype, value }, dtype);
  }

  /** y = terms joined by a binary op, in order. */
  fold(y: GpuOperand, op: string, terms: readonly GpuOperand[]): void {
    const [first, ...others] = terms as [GpuOperand, ...GpuOperand[]];
    others.reduce(
      (sum, term, i) => this.into(i === others.length - 1 ? y : this.temporary(y.shape, y.dtype), op, [sum, term]),
      first,
    );
  }

  /** y = `make` of runs of the operands' entries, joined by a binary op. */
  foldRuns(
    y: GpuOperand,
    op: string,
    operands: readonly GpuOperand[],
    make: (parts: readonly GpuOperand[], part: GpuOperand) => GpuOperand,
  ): void {
    const part = (run: Run) => operands.map((operand) => this.read(operand, run));
    const terms = this.runs(operands).map((run) => make(part(run), this.temporary(y.shape, y.dtype)));
    this.fold(y, op, terms);
  }

  /**
   * All entries of the operands, which have equally many, in runs of as many as can be bound of each.
   * @throws OutOfMemoryError where not one can, or where all can, so that what is too large isn't among them.
   */
  runs(operands: readonly GpuOperand[]): readonly Run[] {
    const [total, rows] = [operands[0]?.shape[0] ?? 0, this.rowsThatFit(operands)];
    return rows === 0 || rows >= total ? this.refuse() : ranges(total, rows);
  }

  /** So many that each run of them can be bound in place, or at least be copied; 0 if not one can. */
  rowsThatFit(operands: readonly GpuOperand[]): number {
    const rowBytes = operands.map(rowBytesOf);
    const fitting = Math.floor(this.limits.maxStorageBufferBindingSize / Math.max(...rowBytes));
    const inSteps = [BINDING_ALIGNMENT, COPY_ALIGNMENT].map((alignment) => {
      let step = 1;
      for (const bytes of rowBytes) while ((step * bytes) % alignment !== 0) step *= 2;
      return Math.floor(fitting / step) * step;
    });
    return inSteps.find((rows) => rows > 0) ?? 0;
  }

  /** Some entries of x to be read: in place, or a copy where the adapter can't bind that place. */
  read(x: GpuOperand, run: Run): GpuOperand {
    const own = this.target(x, run);
    if (!isViewOf(own, x)) this.copy(view(x, ...run), own);
    return own;
  }

  /** Some entries of y to be written; `store` must follow. */
  target(y: GpuOperand, run: Run): GpuOperand {
    const own = view(y, ...run);
    return (own.memory.offset as number) % BINDING_ALIGNMENT === 0 ? own : this.temporary(own.shape, own.dtype);
  }

  /** Brings what was written to `target` to its place, if it isn't there. */
  store(part: GpuOperand, y: GpuOperand, run: Run): void {
    if (!isViewOf(part, y)) this.copy(part, view(y, ...run));
  }

  /** Fills y run by run: `fill` gets the run's target. */
  write(y: GpuOperand, runs: readonly Run[], fill: (part: GpuOperand, run: Run) => void): void {
    for (const run of runs) {
      const part = this.target(y, run);
      fill(part, run);
      this.store(part, y, run);
    }
  }

  /** Copies bytes, which nothing has to be bound for. */
  copy(from: GpuOperand, to: GpuOperand): void {
    if ([from, to].some(({ memory }) => (memory.offset ?? 0) % COPY_ALIGNMENT !== 0)) this.refuse();
    this.list.push({ op: "copyInto", inputs: [to, from], outputs: [], attrs: {} });
  }

  refuse(): never {
    const { op, inputs, outputs } = this.whole;
    throw new OutOfMemoryError(op, {
      rule: `what can't be computed in parts must fit one binding of the adapter, ${this.limits.maxStorageBufferBindingSize} bytes`,
      got: [...inputs, ...outputs].map(({ shape }) => formatShape(shape)).join(", "),
      fix: "Use a smaller batch, or smaller images",
    });
  }
}

const isViewOf = (part: GpuOperand, whole: GpuOperand): boolean => part.memory.id === whole.memory.id;

/** `total` entries in runs of at most `most`. */
export const ranges = (total: number, most: number): readonly Run[] =>
  Array.from({ length: Math.ceil(total / most) }, (_, i) => [i * most, Math.min(most, total - i * most)] as const);

/** `count` entries along axis 0 from `first` on. */
export function view(x: GpuOperand, first: number, count: number): GpuOperand {
  const { memory, shape, dtype } = x;
  const rowBytes = rowBytesOf(x);
  const size = Math.ceil((count * rowBytes) / 16) * 16;
  const offset = (memory.offset ?? 0) + first * rowBytes;
  return { memory: { ...memory, offset, size }, shape: [count, ...shape.slice(1)], dtype };
}
