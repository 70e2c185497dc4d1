import { countElements, type Shape } from "@vertebra/core";

/** An array as the reference computes with it: doubles in logical order, whatever the dtype they are stored in. */
export class Values {
  constructor(
    readonly shape: Shape,
    readonly data: Float64Array = new Float64Array(countElements(shape)),
  ) {}

  /** Element `i` in logical order. */
  at(i: number): number {
    return this.data[i] as number;
  }

  add(i: number, value: number): void {
    this.data[i] = this.at(i) + value;
  }

  size(axis: number): number {
    return this.shape[axis] as number;
  }

  /** [N, C, H, W] */
  get planes(): readonly [n: number, c: number, h: number, w: number] {
    return this.shape as unknown as readonly [number, number, number, number];
  }

  map(fn: (value: number, i: number) => number): Values {
    return new Values(this.shape, this.data.map(fn));
  }
}

/** What a call is given beside its arguments. */
export interface Call<Attrs> {
  readonly attrs: Attrs;
  /** Shapes of the results. */
  readonly shapes: readonly Shape[];
  /** Shape of the first result. */
  readonly shape: Shape;
}

/** The meaning of an op: its results, or what the arguments that it overwrites hold afterwards, in the order of `mutates`. */
export type Meaning<Attrs> = (call: Call<Attrs>, ...inputs: Values[]) => readonly Values[];
