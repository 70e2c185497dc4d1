import { COLORS } from "./element";
import { line, type Rectangle, text } from "./shapes";

/** From values to pixels, with the values to mark. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

type Range = readonly [from: number, to: number];

/** Equal steps for equal differences, marked at round numbers. */
export function linearScale(values: Range, pixels: Range): Scale {
  const step = roundStep((values[1] - values[0]) / 8);
  const first = Math.ceil(values[0] / step);
  const count = Math.floor(values[1] / step) - first + 1;
  return { at: between(values, pixels), ticks: Array.from({ length: count }, (_, i) => (first + i) * step) };
}

/** The round number (1, 2 or 5 times a power of ten) just above. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value) as number);
}

/** Equal steps for equal ratios, marked at 1, 2 and 5 times the powers of ten. */
export function logScale(values: Range, pixels: Range): Scale {
  const at = between([Math.log10(values[0]), Math.log10(values[1])], pixels);
  const powers = Array.from({ length: 40 }, (_, i) => i - 20);
  const ticks = powers.flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power));
  return { at: (value) => at(Math.log10(value)), ticks: ticks.filter((tick) => tick >= values[0] && tick <= values[1]) };
}

const between =
  ([from, to]: Range, [start, end]: Range) =>
  (value: number): number =>
    start + ((value - from) / (to - from)) * (end - start);

/** What an axis says. */
export interface AxisText {
  readonly title: string;
  readonly format: (value: number) => string;
}

/** Grid, numbers and title below a plot. */
export const xAxis = ({ at, ticks }: Scale, plot: Rectangle, { title, format }: AxisText): string => {
  const bottom = plot.y + plot.height;
  const marks = ticks.map(
    (tick) =>
      line([at(tick), plot.y], [at(tick), bottom], { stroke: COLORS.grid }) +
      text([at(tick), bottom + 18], format(tick), { fill: COLORS.muted }),
  );
  return [...marks, text([plot.x + plot.width / 2, bottom + 40], title)].join("\n");
};

/** Grid, numbers and title left of a plot. */
export const yAxis = ({ at, ticks }: Scale, plot: Rectangle, { title, format }: AxisText): string => {
  const marks = ticks.map(
    (tick) =>
      line([plot.x, at(tick)], [plot.x + plot.width, at(tick)], { stroke: COLORS.grid }) +
      text([plot.x - 8, at(tick) + 4], format(tick), { fill: COLORS.muted, "text-anchor": "end" }),
  );
  return [...marks, text([plot.x, plot.y - 12], title, { "text-anchor": "start" })].join("\n");
};
