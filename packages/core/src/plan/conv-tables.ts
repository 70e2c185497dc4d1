import type { Conv2dAttrs } from "../ops/conv2d";

/** A convolution's sizes by name. */
export interface ConvSizes {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
  readonly o: number;
  readonly ho: number;
  readonly wo: number;
  readonly kh: number;
  readonly kw: number;
}

type Shape = readonly number[];

export function convSizes(x: Shape, weight: Shape, y: Shape): ConvSizes {
  const [n, c, h, w] = x as [number, number, number, number];
  const [o, , kh, kw] = weight as [number, number, number, number];
  const [, , ho, wo] = y as [number, number, number, number];
  return { n, c, h, w, o, ho, wo, kh, kw };
}

/**
 * What a convolution as a matrix product reads besides its operands, so that its kernel knows nothing of stride, dilation and filter sizes: two
 * rows of four words a phase, (first tap, taps, height, width) and (x of pixel 0: row, column; y of pixel 0: row, column), then the taps,
 * (weight offset, input offset, rows down, columns right). A phase is a set of outputs that have the same taps.
 */
export interface TapTable {
  readonly table: Int32Array;
  readonly phases: number;
  /** Taps and pixels of the phase that has most. */
  readonly taps: number;
  readonly pixels: number;
}

interface Phase {
  /** Height and width. */
  readonly size: readonly [number, number];
  /** Row and column in the input of pixel 0. */
  readonly from: readonly [number, number];
  /** Row and column in the output of pixel 0. */
  readonly to: readonly [number, number];
  /** Weight offset, input offset, rows down, columns right. */
  readonly taps: readonly (readonly [number, number, number, number])[];
}

/** Tables are kept, so that each is uploaded once: a network has a few dozen, some kilobytes each. */
const KEPT = 1024;
const tables = new Map<string, TapTable>();
const columnTables = new Map<string, Int32Array>();

function kept<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key);
  if (known) return known;
  if (cache.size >= KEPT) cache.clear();
  const made = make();
  cache.set(key, made);
  return made;
}

/** Taps of y = conv(x, weight): one phase, in the order of the weight's elements. */
export function forwardTable(sizes: ConvSizes, { padding, dilation, groups }: Conv2dAttrs): TapTable {
  const { c, h, w, ho, wo, kh, kw } = sizes;
  const key = `forward ${c / groups} ${h} ${w} ${ho} ${wo} ${kh} ${kw} ${padding} ${dilation}`;
  return kept(tables, key, () => {
    const taps: [number, number, number, number][] = [];
    for (let i = 0; i < c / groups; i++)
      for (let r = 0; r < kh; r++)
        for (let s = 0; s < kw; s++) {
          const [down, right] = [r * dilation[0], s * dilation[1]];
          taps.push([(i * kh + r) * kw + s, (i * h + down) * w + right, down, right]);
        }
    return toTable([{ size: [ho, wo], from: [-padding[0], -padding[2]], to: [0, 0], taps }]);
  });
}

/**
 * Taps of dx = conv2dInputGrad(dy, weight): dx[h] = Σ dy[(h + top − r · dilation) / stride] over the r where that is whole. Rows a
 * stride apart have the same taps, and so have columns: stride² phases, each a plain convolution of dy.
 */
export function inputGradTable(sizes: ConvSizes, { stride, padding, dilation, groups }: Conv2dAttrs): TapTable {
  const { c, h, w, o, ho, wo, kh, kw } = sizes;
  const key = `inputGrad ${c / groups} ${o / groups} ${h} ${w} ${ho} ${wo} ${kh} ${kw} ${stride} ${padding} ${dilation}`;
  return kept(tables, key, () => {
    const rows = axisPhases(h, kh, stride[0], padding[0], dilation[0]);
    const columns = axisPhases(w, kw, stride[1], padding[2], dilation[1]);
    const phases = rows.flatMap((row) =>
      columns.map((column): Phase => {
        const taps: [number, number, number, number][] = [];
        for (let m = 0; m < o / groups; m++)
          for (const [r, down] of row.taps)
            for (const [s, right] of column.taps)
              taps.push([(m * (c / groups) * kh + r) * kw + s, (m * ho + down) * wo + right, down, right]);
        return { size: [row.size, column.size], from: [0, 0], to: [row.first, column.first], taps };
      }),
    );
    return toTable(phases);
  });
}

interface AxisPhase {
  /** First element of dx in the phase, and how many there are. */
  readonly first: number;
  readonly size: number;
  /** Index in the kernel, and where dy's element lies from the phase's pixel: pixel i is first + i · stride and reads i + at. */
  readonly taps: readonly (readonly [tap: number, at: number])[];
}

function axisPhases(size: number, kernel: number, stride: number, pad: number, dilation: number): AxisPhase[] {
  const phases: AxisPhase[] = [];
  for (let first = 0; first < Math.min(stride, size); first++) {
    const taps: [number, number][] = [];
    for (let tap = 0; tap < kernel; tap++) {
      const at = first + pad - tap * dilation;
      if (at % stride === 0) taps.push([tap, at / stride]);
    }
    phases.push({ first, size: Math.ceil((size - first) / stride), taps });
  }
  return phases;
}

function toTable(phases: readonly Phase[]): TapTable {
  const words: number[] = [];
  let firstTap = 0;
  for (const { size, from, to, taps } of phases) {
    words.push(firstTap, taps.length, ...size, ...from, ...to);
    firstTap += taps.length;
  }
  for (const { taps } of phases) for (const tap of taps) words.push(...tap);
  return {
    table: Int32Array.from(words),
    phases: phases.length,
    taps: Math.max(...phases.map(({ taps }) => taps.length)),
    pixels: Math.max(...phases.map(({ size }) => size[0] * size[1])),
  };
}

/** Columns of a weight gradient as a matrix product: by channel of a group and tap the offset in x, rows down, columns right. */
export function columnTable({ c, h, w, kh, kw }: ConvSizes, { dilation, groups }: Conv2dAttrs): Int32Array {
  return kept(columnTables, `${c / groups} ${h} ${w} ${kh} ${kw} ${dilation}`, () => {
    const words: number[] = [];
    for (let i = 0; i < c / groups; i++)
      for (let r = 0; r < kh; r++)
        for (let s = 0; s < kw; s++) {
          const [down, right] = [r * dilation[0], s * dilation[1]];
          words.push((i * h + down) * w + right, down, right, 0);
        }
    return Int32Array.from(words);
  });
}
