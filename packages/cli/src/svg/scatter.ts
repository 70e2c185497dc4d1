import { type AxisText, linearScale, logScale, xAxis, yAxis } from "./axis";
import { COLORS, type Point, svgDocument } from "./element";
import { clamp, type LabelledDot, placeLabels } from "./place-labels";
import { circle, line, type Rectangle, text, textWidth } from "./shapes";

/** One dot of a scatter plot. */
export interface ScatterPoint {
  readonly label: string;
  /** Above 0: the axis is logarithmic. */
  readonly x: number;
  readonly y: number;
  /** The area of the dot goes with it. */
  readonly size: number;
  /** Dots of one group have one colour, which the legend explains. */
  readonly group: string;
}

export interface ScatterText {
  readonly title: string;
  readonly x: AxisText;
  readonly y: AxisText;
  /** Sizes that the legend shows, with their names. */
  readonly sizes: readonly (readonly [size: number, name: string])[];
  /** Lines below the plot. */
  readonly notes: readonly string[];
}

/** Okabe & Ito's colours, which people with any colour vision can tell apart, strong ones first. */
const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7a7a"] as const;

const WIDTH = 960;
const PLOT: Rectangle = { x: 64, y: 44, width: WIDTH - 64 - 24, height: 520 };
const LARGEST = 24;

/** Dots over a logarithmic x axis, their areas after `size`, with labels that cover neither dots nor each other. */
export function scatter(points: readonly ScatterPoint[], { title, x, y, sizes, notes }: ScatterText): string {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const margin = Math.max((high - low) * 0.08, 0.5);
  const across = logScale([Math.min(...xs) / 1.5, Math.max(...xs) * 1.5], [PLOT.x, PLOT.x + PLOT.width]);
  const up = linearScale([low - margin, high + margin], [PLOT.y + PLOT.height, PLOT.y]);
  const largest = Math.max(...points.map(({ size }) => size));
  const radiusOf = (size: number) => Math.max(2.5, LARGEST * Math.sqrt(size / largest));
  const dots = points.map((point) => ({
    at: [across.at(point.x), up.at(point.y)] as const,
    radius: radiusOf(point.size),
    label: point.label,
  }));
  const groups = [...new Set(points.map(({ group }) => group))];
  const colorOf = (group: string) => PALETTE[groups.indexOf(group) % PALETTE.length] as string;
  const places = placeLabels(dots, PLOT);
  const legend = [
    ...groups.map((group): LegendRow => ({ name: group, radius: 6, color: colorOf(group) })),
    ...sizes.map(([size, name]): LegendRow => ({ name, radius: radiusOf(size) })),
  ];
  const legendY = PLOT.y + PLOT.height + 72;
  const notesY = legendY + LARGEST + 20;
  return svgDocument({ width: WIDTH, height: notesY + notes.length * 16 }, title, [
    xAxis(across, PLOT, x),
    yAxis(up, PLOT, y),
    ...dots.map(({ at, radius }, i) => dotAt(at, radius, colorOf((points[i] as ScatterPoint).group))),
    ...dots.map((dot, i) => labelAt(dot, places[i] as Rectangle)),
    legendRow(legend, legendY),
    ...notes.map((note, i) => text([PLOT.x, notesY + i * 16], note, { "text-anchor": "start", fill: COLORS.muted })),
  ]);
}

const dotAt = (at: Point, radius: number, color: string): string =>
  circle(at, radius, { fill: color, "fill-opacity": "0.55", stroke: color });

/** The label, and a line to its dot where others stand between. */
function labelAt({ at, radius, label }: LabelledDot, place: Rectangle): string {
  const middle = place.y + place.height / 2;
  const near: Point = [clamp(at[0], place.x, place.x + place.width), clamp(at[1], place.y, place.y + place.height)];
  const away = Math.hypot(near[0] - at[0], near[1] - at[1]);
  const edge: Point = [at[0] + ((near[0] - at[0]) * radius) / away, at[1] + ((near[1] - at[1]) * radius) / away];
  const leader = away > radius + 9 ? line(edge, near, { "stroke-width": "0.7" }) : "";
  const isRight = place.x >= at[0];
  const isLeft = place.x + place.width <= at[0];
  const [x, anchor] = isRight
    ? [place.x, "start"]
    : isLeft
      ? [place.x + place.width, "end"]
      : [place.x + place.width / 2, "middle"];
  return leader + text([x, middle + 4], label, { "font-size": 11, "text-anchor": anchor });
}

interface LegendRow {
  readonly name: string;
  readonly radius: number;
  readonly color?: string;
}

function legendRow(rows: readonly LegendRow[], y: number): string {
  let x = PLOT.x;
  const shown = rows.map(({ name, radius, color }) => {
    const at: Point = [x + radius, y];
    const start = x + 2 * radius + 6;
    x = start + textWidth(name) + 14;
    const dot = color ? dotAt(at, radius, color) : circle(at, radius, { fill: "none", stroke: COLORS.line });
    return dot + text([start, y + 4], name, { "text-anchor": "start" });
  });
  return shown.join("\n");
}
