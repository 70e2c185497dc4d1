import { type WeightedWindows, type Windows, weightedWindows } from "@vertebra/core";

/** Windows of a pooling: kernel, stride, padding (part of a window that is left out) and dilation. */
export function poolWindows(inputSize: number, kernel: number, stride: number, padding = 0, dilation = 1, ceil = false): Windows {
  const spare = inputSize + 2 * padding - dilation * (kernel - 1) - 1;
  let outputs = (ceil ? Math.ceil(spare / stride) : Math.floor(spare / stride)) + 1;
  // The last window must start inside the input or the padding before it.
  if ((outputs - 1) * stride >= inputSize + padding) outputs--;
  const taps = Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: kernel }, (__, k) => o * stride - padding + k * dilation).filter((at) => at >= 0 && at < inputSize),
  );
  return {
    inputSize,
    starts: Int32Array.from(taps, ([first]) => first ?? 0),
    counts: Int32Array.from(taps, ({ length }) => length),
    step: dilation,
  };
}

/** Windows of an average pooling: `divisor` 0 means the elements that are really there. */
export function averageWindows(inputSize: number, kernel: number, stride: number, padding = 0, divisor = 0): WeightedWindows {
  const { starts, counts } = poolWindows(inputSize, kernel, stride, padding);
  return weightedWindows(
    inputSize,
    Array.from(starts, (start, o) => ({
      start,
      weights: Array.from({ length: counts[o] as number }, () => 1 / (divisor || (counts[o] as number))),
    })),
  );
}

/** Windows of a bilinear resize, half-pixel centres. */
export function linearWindows(inputSize: number, outputs: number): WeightedWindows {
  const rows = Array.from({ length: outputs }, (_, o) => {
    const at = Math.max(0, ((o + 0.5) * inputSize) / outputs - 0.5);
    const start = Math.min(Math.floor(at), inputSize - 1);
    return start + 1 < inputSize ? { start, weights: [1 - (at - start), at - start] } : { start, weights: [1] };
  });
  return weightedWindows(inputSize, rows);
}
