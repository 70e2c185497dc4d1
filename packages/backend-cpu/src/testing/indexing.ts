import type { HostTensor } from "./run-plan";

type Shape = readonly number[];

export const countOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** All index tuples of `shape` in logical order. */
export function* indicesOf(shape: Shape): Generator<number[]> {
  const count = countOf(shape);
  for (let flat = 0; flat < count; flat++) yield unflatten(flat, shape);
}

export function unflatten(flat: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    const size = shape[axis] as number;
    index[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return index;
}

export const flatten = (index: Shape, shape: Shape): number =>
  index.reduce((flat, i, axis) => flat * (shape[axis] as number) + i, 0);

/** The element at `index`; axes counted from the last, size 1 and missing ones broadcast. */
export function elementAt({ shape, data }: HostTensor, index: Shape): number {
  let flat = 0;
  for (const [axis, size] of shape.entries())
    flat = flat * size + (size === 1 ? 0 : (index[index.length - shape.length + axis] as number));
  return data[flat] as number;
}

/** A tensor whose element at each index is `value(index)`, with `like`'s kind of data. */
export function build<T extends HostTensor>(shape: Shape, like: T, value: (index: number[]) => number): HostTensor {
  const type = like.data.constructor as new (length: number) => T["data"];
  const data = new type(countOf(shape));
  let flat = 0;
  for (const index of indicesOf(shape)) data[flat++] = value(index);
  return { ...like, shape, data };
}
