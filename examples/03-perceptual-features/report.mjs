import { COLORS, lineCharts } from "../shared/chart.mjs";
import { pngAddress } from "../shared/png.mjs";
import { rounded } from "../shared/run.mjs";
import { svg, text } from "../shared/svg.mjs";
import { drawPicture } from "./pictures.mjs";

/**
 * @typedef {import("./experiment.mjs").Distorted} Distorted
 * @typedef {import("./experiment.mjs").DistortionCurve} DistortionCurve
 * @typedef {import("./experiment.mjs").Reconstruction} Reconstruction
 * @typedef {import("./pictures.mjs").Picture} Picture
 */

const TILE = { side: 128, gap: 12, caption: 40, title: 34 };
const FOUR = [COLORS.plain, COLORS.residual, "#8250df", "#bf8700"];
const SHADES = ["#c2dbf7", "#86b9ef", "#4d95e5", "#0969da", "#052a5c"];

const total = (/** @type {readonly number[]} */ values) => values.reduce((sum, value) => sum + value, 0);

/**
 * A row for each way to spoil the picture, all as far from it in pixels.
 * @param {readonly Distorted[]} distorted
 * @param {readonly string[]} stages
 */
export const describe = (distorted, stages) =>
  distorted.map(({ name, rms, distances }) => ({
    name,
    pixels: Number(rms.toFixed(4)),
    ...Object.fromEntries(stages.map((stage, i) => [stage, Number((distances[i] ?? 0).toFixed(4))])),
    sum: Number(total(distances).toFixed(4)),
  }));

/** @param {readonly Reconstruction[]} reconstructions */
export const shortened = (reconstructions) =>
  reconstructions.map(({ stage, losses, rms }) => ({ stage, losses: rounded(losses, 3), rms: rounded(rms, 3) }));

/**
 * @param {readonly DistortionCurve[]} curves
 * @param {readonly Reconstruction[]} reconstructions
 */
export const drawCurves = (curves, reconstructions) =>
  lineCharts("Distances of features over those of pixels, and error of reconstructions by step", [
    {
      title: "Distance of features over distance of pixels",
      x: { label: "root mean square of pixels' differences", from: 0 },
      y: { label: "sum of the stages' distances", from: 0 },
      series: curves.map(({ name, points }, i) => ({
        name,
        color: FOUR[i] ?? COLORS.plain,
        points: points.map(({ rms, distance }) => /** @type {[number, number]} */ ([rms, distance])),
      })),
    },
    {
      title: "Reconstruction from one stage's features",
      x: { label: "step", from: 0 },
      y: { label: "root mean square error of pixels", from: 0 },
      series: reconstructions.map(({ stage, rms }, i) => ({
        name: stage,
        color: SHADES[i] ?? COLORS.residual,
        points: rms.map((value, step) => /** @type {[number, number]} */ ([step, value])),
      })),
    },
  ]);

/**
 * Two rows of pictures: spoiled by equally much in pixels, and reconstructed.
 * @param {readonly Distorted[]} distorted
 * @param {readonly Reconstruction[]} reconstructions
 */
export function drawPictures(distorted, reconstructions) {
  const original = { caption: ["the picture", ""], picture: drawPicture(distorted[0]?.picture.side ?? 0) };
  const rows = [
    {
      title: "Equally far from the picture in pixels, not in features",
      tiles: distorted.map(({ name, picture, rms, distances }) => ({
        caption: [name, `pixels ${rms.toFixed(3)}, features ${total(distances).toFixed(3)}`],
        picture,
      })),
    },
    {
      title: "Reconstructed from the features of one stage",
      tiles: reconstructions.map(({ stage, picture, rms }) => ({
        caption: [stage, `pixels ${(rms.at(-1) ?? 0).toFixed(3)}`],
        picture,
      })),
    },
  ];
  const width = TILE.gap + (TILE.side + TILE.gap + 20) * (1 + Math.max(...rows.map(({ tiles }) => tiles.length)));
  const height = TILE.title + TILE.side + TILE.caption;
  const parts = rows.map(({ title, tiles }, row) =>
    [
      text(title, { x: TILE.gap, y: row * height + 22, attributes: 'font-size="14" font-weight="600"' }),
      ...[original, ...tiles].map((tile, i) =>
        drawTile(tile, TILE.gap + i * (TILE.side + TILE.gap + 20), row * height + TILE.title),
      ),
    ].join("\n"),
  );
  const title = "A picture, four ways to spoil it, and what is reconstructed of it from features";
  return svg({ title, width, height: rows.length * height + 6 }, parts.join("\n"));
}

/**
 * @param {{ caption: readonly string[], picture: Picture }} tile
 * @param {number} x
 * @param {number} y
 */
function drawTile({ caption, picture }, x, y) {
  const size = `width="${TILE.side}" height="${TILE.side}" style="image-rendering: pixelated"`;
  const lines = caption.map((line, i) => text(line, { x, y: y + TILE.side + 15 + 15 * i, attributes: `font-size="${12 - i}"` }));
  return [`<image x="${x}" y="${y}" ${size} href="${pngAddress(picture)}"/>`, ...lines].join("\n");
}
