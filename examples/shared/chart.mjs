// Line charts as SVG text: panels side by side, each with axes, ticks, lines and a legend.
import { makeScale } from "./scale.mjs";
import { FAINT, INK, line, straight, svg, text } from "./svg.mjs";

/**
 * @typedef {import("./scale.mjs").Axis} Axis
 * @typedef {import("./scale.mjs").Scale} Scale
 * @typedef {import("./svg.mjs").Point} Point
 * @typedef {{ name: string, color: string, points: readonly Point[], dash?: string, width?: number }} Series
 * @typedef {{ title: string, x: Axis, y: Axis, series: readonly Series[] }} Panel
 */

const PANEL = { width: 440, height: 310 };
/** Where a panel's data is. */
const BOX = { left: 62, right: 422, top: 40, bottom: 262 };
/** Of the legend below a panel. */
const ROW_HEIGHT = 18;

/** Hues of the two kinds of network, pale for the shallow one. */
export const COLORS = { plain: "#cf222e", plainPale: "#f0a39d", residual: "#0969da", residualPale: "#86b9ef" };

/**
 * The panels in one row.
 * @param {string} title of the figure, for those who don't see it
 * @param {readonly Panel[]} panels
 */
export function lineCharts(title, panels) {
  const width = panels.length * PANEL.width;
  const rows = Math.max(...panels.map(({ series }) => Math.ceil(series.length / legendColumns(series))));
  const parts = panels.map((panel, i) => `<g transform="translate(${i * PANEL.width} 0)">\n${drawPanel(panel)}\n</g>`);
  return svg({ title, width, height: PANEL.height + rows * ROW_HEIGHT + 8 }, parts.join("\n"));
}

/** @param {Panel} panel */
function drawPanel({ title, x, y, series }) {
  const points = series.flatMap((one) => one.points);
  const [xs, ys] = [points.map(([value]) => value), points.map(([, value]) => value)];
  const [across, up] = [makeScale(x, xs, [BOX.left, BOX.right]), makeScale(y, ys, [BOX.bottom, BOX.top])];
  const curves = series.map((one) => {
    const places = one.points.map(([value, height]) => /** @type {Point} */ ([across.at(value), up.at(height)]));
    return line(places, { width: 2, ...one });
  });
  const middle = (BOX.left + BOX.right) / 2;
  const heading = text(title, { x: middle, y: 22, anchor: "middle", attributes: 'font-size="14" font-weight="600"' });
  return [heading, ...drawAxes({ x, y, across, up }), ...curves, ...drawLegend(series)].join("\n");
}

/** @param {{ x: Axis, y: Axis, across: Scale, up: Scale }} axes */
function drawAxes({ x, y, across, up }) {
  const { left, right, top, bottom } = BOX;
  const center = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return [
    ...up.ticks.flatMap((tick) => [
      straight([left, up.at(tick)], [right, up.at(tick)], FAINT),
      text(tickLabel(tick), { x: left - 6, y: up.at(tick) + 4, anchor: "end" }),
    ]),
    ...across.ticks.flatMap((tick) => [
      straight([across.at(tick), bottom], [across.at(tick), bottom + 4], INK),
      text(tickLabel(tick), { x: across.at(tick), y: bottom + 17, anchor: "middle" }),
    ]),
    straight([left, bottom], [right, bottom], INK),
    text(x.label, { x: center.x, y: PANEL.height - 10, anchor: "middle" }),
    text(y.label, { x: 16, y: center.y, anchor: "middle", attributes: `transform="rotate(-90 16 ${center.y})"` }),
  ];
}

/** @param {readonly Series[]} series */
function drawLegend(series) {
  const columns = legendColumns(series);
  return series.flatMap((one, i) => {
    const x = BOX.left + ((BOX.right - BOX.left) / columns) * (i % columns);
    const y = PANEL.height + 8 + ROW_HEIGHT * Math.floor(i / columns);
    const sample = [x, x + 20].map((end) => /** @type {Point} */ ([end, y]));
    return [line(sample, { width: 2, ...one }), text(one.name, { x: x + 26, y: y + 4 })];
  });
}

/** @param {readonly Series[]} series */
const legendColumns = (series) => (series.some(({ name }) => name.length > 13) ? 2 : Math.min(4, Math.ceil(series.length / 2)));

const tickLabel = (/** @type {number} */ value) => String(Number(value.toPrecision(3))).replace("-", "−");
