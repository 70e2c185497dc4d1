import type { Axis } from "@vertebra/core/plan";

/** The end of the kernels' params: how many batch axes there are, then at a multiple of four words the axes. */
export function batchWords(batch: readonly Axis[], wordsBefore: number): number[] {
  const words = [batch.length];
  while ((wordsBefore + words.length) % 4 > 0) words.push(0);
  for (const [size, a, b] of batch) words.push(size, a as number, b as number, 0);
  return words;
}
