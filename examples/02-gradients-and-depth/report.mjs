import { COLORS, lineCharts } from "../shared/chart.mjs";
import { rounded } from "../shared/run.mjs";
import { KINDS } from "./shattering.mjs";

/**
 * @typedef {import("./shattering.mjs").Result} Shattering
 * @typedef {import("./layer-gradients.mjs").Result} Layers
 */

/** Distance in the grid that stands for "neighbouring" in the last panel. */
const NEAR = 1;

/** @type {Readonly<Record<string, { color: string, dash?: string }>>} */
const STYLE = {
  plain: { color: COLORS.plainPale, dash: "5 3" },
  "plain, batch norm": { color: COLORS.plain },
  shortcuts: { color: COLORS.residualPale, dash: "5 3" },
  "shortcuts, batch norm": { color: COLORS.residual },
  "plain-20": { color: COLORS.plainPale },
  "plain-56": { color: COLORS.plain },
  "ResNet-20": { color: COLORS.residualPale },
  "ResNet-56": { color: COLORS.residual },
};

const styled = (/** @type {string} */ name) => ({ name, color: COLORS.plain, ...STYLE[name] });

/**
 * Correlation of gradients at neighbouring inputs: a row for each depth, a column for each kind of network.
 * @param {readonly Shattering[]} results
 */
export function describe(results) {
  const depths = [...new Set(results.map(({ depth }) => depth))];
  const at = (/** @type {string} */ name, /** @type {number} */ layers) =>
    results.find(({ kind, depth }) => kind === name && depth === layers)?.autocorrelation[NEAR] ?? Number.NaN;
  return depths.map((depth) => ({
    depth,
    ...Object.fromEntries(KINDS.map(({ name }) => [name, Number(at(name, depth).toFixed(2))])),
  }));
}

/**
 * Three digits are enough for curves.
 * @param {{ shattering: readonly Shattering[], layers: readonly Layers[] }} results
 */
export const shortened = ({ shattering, layers }) => ({
  shattering: shattering.map(({ kind, depth, autocorrelation }) => ({
    kind,
    depth,
    autocorrelation: rounded(autocorrelation, 3),
  })),
  layers: layers.map(({ name, norms }) => ({ name, norms: rounded(norms, 3) })),
});

/** @param {readonly Shattering[]} results */
export function drawShattering(results) {
  const depths = [...new Set(results.map(({ depth }) => depth))];
  /** @param {string} title @param {string} name @param {readonly string[]} shades */
  const byDistance = (title, name, shades) => ({
    title,
    x: { label: "distance in the grid of inputs" },
    y: { label: "autocorrelation of dy/dx", from: -0.2, to: 1 },
    series: results
      .filter(({ kind }) => kind === name)
      .map(({ depth, autocorrelation }, i) => ({
        name: `${depth} ${depth === 1 ? "layer" : "layers"}`,
        color: shades[Math.round((i * (shades.length - 1)) / Math.max(1, depths.length - 1))] ?? COLORS.plain,
        points: autocorrelation.map((value, lag) => /** @type {[number, number]} */ ([lag, value])),
      })),
  });
  return lineCharts("Autocorrelation of gradients along the inputs, with and without shortcuts", [
    byDistance("Plain, batch norm", "plain, batch norm", ["#f7c6c2", "#f0a39d", "#e5766f", "#cf222e", "#a0111f", "#5c0711"]),
    byDistance("Shortcuts, batch norm", "shortcuts, batch norm", [
      "#c2dbf7",
      "#86b9ef",
      "#4d95e5",
      "#0969da",
      "#0a4a9e",
      "#052a5c",
    ]),
    {
      title: "Neighbouring inputs, by depth",
      x: { label: "layers", scale: "log", ticks: depths },
      y: { label: "correlation of dy/dx", from: -0.2, to: 1 },
      series: KINDS.map(({ name }) => ({
        ...styled(name),
        points: results
          .filter(({ kind }) => kind === name)
          .map(({ depth, autocorrelation }) => /** @type {[number, number]} */ ([depth, autocorrelation[NEAR] ?? 0])),
      })),
    },
  ]);
}

/** @param {readonly Layers[]} results */
export const drawLayerGradients = (results) =>
  lineCharts("Size of the gradient of each layer of plain and residual networks", [
    {
      title: "Gradient of each convolution before training",
      x: { label: "layer", from: 0 },
      y: { label: "|∂loss/∂weight|", scale: "log" },
      series: results.map(({ name, norms }) => ({
        ...styled(name),
        points: norms.map((value, i) => /** @type {[number, number]} */ ([i + 1, value])),
      })),
    },
  ]);
