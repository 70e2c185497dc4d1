import { type DType, formatShape, OutOfMemoryError } from "@vertebra/core";
import type { GpuOperand, Limits } from "../launch";
import { bytesOf, Temporaries, type Temporary } from "./temporaries";

/** A call of an op, by name. */
export interface OpCall {
  readonly op: string;
  readonly inputs: readonly GpuOperand[];
  readonly outputs: readonly GpuOperand[];
  readonly attrs: unknown;
}

/** Entries along axis 0. */
export type Run = readonly [first: number, count: number];

/** What an offset must be a multiple of, on every adapter: of a binding, and of a copy. */
const [BINDING_ALIGNMENT, COPY_ALIGNMENT] = [256, 4];

const rowBytesOf = (one: GpuOperand): number => bytesOf(one) / (one.shape[0] as number);

/** True if the operand can't be bound at once. */
export const isLarge = (operand: GpuOperand, { maxStorageBufferBindingSize }: Limits): boolean =>
  bytesOf(operand) > maxStorageBufferBindingSize;

/** The calls that one with an operand too large to be bound is replaced by, in order; some may still have to be cut. */
export class Calls {
  readonly list: OpCall[] = [];
  readonly #temporaries: Temporaries;

  constructor(
    readonly whole: OpCall,
    readonly limits: Limits,
    make: Temporary,
  ) {
    this.#temporaries = new Temporaries(make);
  }

  /** Memory that is the caller's to the end, or to the end of its run of `inTurn`. */
  temporary(shape: readonly number[], dtype: DType): GpuOperand {
    return this.#temporaries.take(shape, dtype);
  }

  /** Does something for each run; none needs the temporaries of those before it. */
  inTurn(runs: readonly Run[], fn: (run: Run) => void): void {
    for (const run of runs) this.#temporaries.inTurn(() => fn(run));
  }

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

  /** y = what `make` puts into a term for each of the runs, joined by a binary op in order. */
  fold(y: GpuOperand, op: string, runs: readonly Run[], make: (term: GpuOperand, run: Run) => void): void {
    let joined: GpuOperand | undefined;
    this.#temporaries.inTurn(() => {
      for (const [i, run] of runs.entries()) {
        const term = this.temporary(y.shape, y.dtype);
        this.#temporaries.inTurn(() => make(term, run));
        if (!joined) {
          joined = term;
          continue;
        }
        const sum = this.into(i === runs.length - 1 ? y : this.temporary(y.shape, y.dtype), op, [joined, term]);
        for (const one of [joined, term]) this.#temporaries.give(one);
        joined = sum;
      }
    });
  }

  /** y = `make` of runs of the operands' entries, joined by a binary op. */
  foldRuns(
    y: GpuOperand,
    op: string,
    operands: readonly GpuOperand[],
    make: (parts: readonly GpuOperand[], term: GpuOperand) => void,
  ): void {
    const partsOf = (run: Run) => operands.map((operand) => this.read(operand, run));
    this.fold(y, op, this.runs(operands), (term, run) => make(partsOf(run), term));
  }

  /**
   * All entries of the operands, which have equally many, in runs of as many as can be bound of each. Where not one can it is cut
   * further by who gets it, as where all can and what is too large isn't among them.
   * @throws OutOfMemoryError where there is one only.
   */
  runs(operands: readonly GpuOperand[]): readonly Run[] {
    const [total, rows] = [operands[0]?.shape[0] ?? 0, this.rowsPerRun(operands)];
    return rows < total ? ranges(total, rows) : this.oneByOne(operands);
  }

  /** @throws OutOfMemoryError where there is one only. */
  oneByOne([first]: readonly GpuOperand[]): readonly Run[] {
    const total = first?.shape[0] ?? 0;
    return total < 2 ? this.refuse() : ranges(total, 1);
  }

  /** So many that each run of them can be bound in place, or at least be copied; else 1. */
  rowsPerRun(operands: readonly GpuOperand[]): number {
    const rowBytes = operands.map(rowBytesOf);
    const fitting = Math.floor(this.limits.maxStorageBufferBindingSize / Math.max(...rowBytes));
    const inSteps = [BINDING_ALIGNMENT, COPY_ALIGNMENT].map((alignment) => {
      let step = 1;
      for (const bytes of rowBytes) while ((step * bytes) % alignment !== 0) step *= 2;
      return Math.floor(fitting / step) * step;
    });
    return inSteps.find((rows) => rows > 0) ?? 1;
  }

  /** Some entries of x to be read: in place, or a copy where the adapter can't bind that place. */
  read(x: GpuOperand, run: Run): GpuOperand {
    const own = this.target(x, run);
    if (!isViewOf(own, x)) this.copy(view(x, ...run), own);
    return own;
  }

  /** Some entries of y to be written; `store` must follow. What is too large to be bound needs no place where it could be. */
  target(y: GpuOperand, run: Run): GpuOperand {
    const own = view(y, ...run);
    const isBindable = (own.memory.offset as number) % BINDING_ALIGNMENT === 0;
    return isBindable || isLarge(own, this.limits) ? own : this.temporary(own.shape, own.dtype);
  }

  /** Brings what was written to `target` to its place, if it isn't there. */
  store(part: GpuOperand, y: GpuOperand, run: Run): void {
    if (!isViewOf(part, y)) this.copy(part, view(y, ...run));
  }

  /** Fills y run by run: `fill` gets the run's target. */
  write(y: GpuOperand, runs: readonly Run[], fill: (part: GpuOperand, run: Run) => void): void {
    this.inTurn(runs, (run) => {
      const part = this.target(y, run);
      fill(part, run);
      this.store(part, y, run);
    });
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
