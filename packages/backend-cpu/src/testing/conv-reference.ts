import type { Conv2dAttrs } from "../kernels/conv-plan";

/** A convolution to test: [N, C, H, W] with O filters of [KH, KW]. */
export interface ConvCase extends Conv2dAttrs {
  readonly x: readonly [n: number, c: number, h: number, w: number];
  readonly outChannels: number;
  readonly kernel: readonly [number, number];
}

/** An f64 result and, element by element, the sum of its terms' magnitudes and how many there were. */
export class Sums {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;
  readonly terms: Int32Array;

  constructor(size: number) {
    this.values = new Float64Array(size);
    this.magnitudes = new Float64Array(size);
    this.terms = new Int32Array(size);
  }

  add(i: number, term: number): void {
    (this.values[i] as number) += term;
    (this.magnitudes[i] as number) += Math.abs(term);
    (this.terms[i] as number)++;
  }

  /** How far an f32 sum in blocks of `block` terms can be off: one rounding a term of a block, one a block, two a product. */
  bound(i: number, block: number): number {
    const terms = this.terms[i] as number;
    return (Math.min(terms, block) + Math.ceil(terms / block) + 2) * 2 ** -24 * (this.magnitudes[i] as number);
  }
}

export const weightShape = ({ x, outChannels, kernel, groups }: ConvCase): [number, number, number, number] => [
  outChannels,
  x[1] / groups,
  ...(kernel as [number, number]),
];

export function outputShape({ x, outChannels, kernel, stride, padding, dilation }: ConvCase): [number, number, number, number] {
  const [top, bottom, left, right] = padding;
  const size = (padded: number, axis: 0 | 1) => Math.floor((padded - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return [x[0], outChannels, size(x[2] + top + bottom, 0), size(x[3] + left + right, 1)];
}

/** Calls `visit` with the indices in x, weight and y of every product of the convolution; padding has none. */
export function eachProduct(given: ConvCase, visit: (x: number, weight: number, y: number) => void): void {
  const { x, outChannels, kernel, stride, padding, dilation, groups } = given;
  const [n, c, h, w] = x;
  const [, , ho, wo] = outputShape(given);
  const [kh, kw] = kernel;
  const [inGroup, outGroup] = [c / groups, outChannels / groups];
  for (let image = 0; image < n; image++)
    for (let o = 0; o < outChannels; o++)
      for (let i = 0; i < ho; i++)
        for (let j = 0; j < wo; j++)
          for (let k = 0; k < inGroup; k++)
            for (let r = 0; r < kh; r++)
              for (let s = 0; s < kw; s++) {
                const row = i * stride[0] + r * dilation[0] - padding[0];
                const column = j * stride[1] + s * dilation[1] - padding[2];
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const channel = Math.floor(o / outGroup) * inGroup + k;
                visit(
                  ((image * c + channel) * h + row) * w + column,
                  ((o * inGroup + k) * kh + r) * kw + s,
                  ((image * outChannels + o) * ho + i) * wo + j,
                );
              }
}

/** `count` convolutions with sizes around tiles, any stride, padding, dilation and groups; the same for the same seed. */
export function randomConvCases(count: number, seed: number): ConvCase[] {
  const cases: ConvCase[] = [];
  const integer = integers(seed);
  while (cases.length < count) {
    const groups = 2 ** Math.max(0, integer(-1, 2));
    const isDepthwise = integer(0, 2) === 0;
    const channels = groups * integer(1, integer(0, 4) === 0 ? 40 : 5);
    const given: ConvCase = {
      x: [integer(1, 3), channels, integer(1, 20), integer(1, integer(0, 1) ? 70 : 20)],
      outChannels: isDepthwise ? channels * integer(1, 3) : groups * integer(1, integer(0, 4) === 0 ? 40 : 9),
      kernel: [integer(1, 5), integer(1, 5)],
      stride: [integer(1, 3), integer(1, 3)],
      padding: [integer(0, 3), integer(0, 3), integer(0, 3), integer(0, 3)],
      dilation: [integer(1, 3), integer(1, 3)],
      groups: isDepthwise ? channels : groups,
    };
    const [, , ho, wo] = outputShape(given);
    if (ho > 0 && wo > 0) cases.push(given);
  }
  return cases;
}

function integers(seed: number): (low: number, high: number) => number {
  let state = seed >>> 0;
  return (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
}
