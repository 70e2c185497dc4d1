import { type Axis, MAX_AXES } from "@vertebra/core/plan";

/** MatmulBatch of matmul-batch.h. */
export function batchWords(batch: readonly Axis[]): number[] {
  const words = [batch.length];
  for (let axis = 0; axis < MAX_AXES; axis++) words.push(...(batch[axis] ?? [0, 0, 0]));
  return words;
}
