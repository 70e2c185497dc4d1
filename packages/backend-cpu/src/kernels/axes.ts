import type { Axis } from "@vertebra/core/plan";

/** From so many elements on a second thread pays; a task has at least half as many. */
const PARALLEL_ELEMENTS = 32768;

/** Appends the axes' sizes and steps to `words`, and in front of them how many they are. Plain loops: plans run before every kernel. */
export function pushAxes(words: number[], ...lists: readonly (readonly Axis[])[]): void {
  for (const axes of lists) words.push(axes.length);
  for (const axes of lists) for (const axis of axes) for (let k = 0; k < axis.length; k++) words.push(axis[k] as number);
}

/** Tasks for `elements` elements of equal work: one where threads don't pay, else some more than workers. */
export function tasksFor(elements: number, workers: number, parallelFrom = PARALLEL_ELEMENTS): number {
  if (workers === 1 || elements < parallelFrom) return 1;
  return Math.min(8 * workers, Math.ceil((2 * elements) / parallelFrom));
}
