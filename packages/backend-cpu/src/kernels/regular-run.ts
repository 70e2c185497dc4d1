import type { Windows } from "@vertebra/core";

/** Outputs `begin` … `end − 1`, whose windows have `count` inputs each and start `stride` apart. */
export interface RegularRun {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
  readonly stride: number;
}

/** The regular run that begins at output `begin`, as long as it goes. */
export function regularRunFrom({ starts, counts }: Pick<Windows, "starts" | "counts">, begin: number): RegularRun {
  const count = counts[begin] as number;
  const stride = begin + 1 < starts.length ? (starts[begin + 1] as number) - (starts[begin] as number) : 1;
  let end = begin + 1;
  while (end < starts.length && counts[end] === count && (starts[end] as number) - (starts[end - 1] as number) === stride) end++;
  return { begin, end, count, stride: end === begin + 1 ? 1 : stride };
}

/** The longest regular run: all windows but those that padding or a left-over cuts short. */
export function longestRegularRun(windows: Windows): RegularRun {
  let longest: RegularRun = { begin: 0, end: 0, count: 1, stride: 1 };
  for (let begin = 0; begin < windows.starts.length; ) {
    const run = regularRunFrom(windows, begin);
    if (run.end - run.begin > longest.end - longest.begin) longest = run;
    // The last window of a run may be the first of the next: its stride to the one behind it is another.
    begin = Math.max(run.end - 1, begin + 1);
  }
  return longest;
}
