import { Philox, seedInit } from "@vertebra/core";
import { vgg16 } from "@vertebra/models/vgg";
import { resolveWeights } from "vertebra/hub";
import { perceptualDistances, reconstruct } from "./features.mjs";
import { blurred, brighter, drawPicture, meanSquare, noisy, shifted } from "./pictures.mjs";

/**
 * @typedef {import("@vertebra/core").Device} Device
 * @typedef {import("@vertebra/models").VGG} VGG
 * @typedef {import("./pictures.mjs").Picture} Picture
 * @typedef {{ side: number, steps: number, lr: number, stages: readonly string[], strengths: number }} Settings
 *   `side` of the picture in pixels, `steps` of a reconstruction, `strengths`: points on each curve of a distortion
 * @typedef {{ name: string, picture: Picture, rms: number, distances: number[] }} Distorted
 *   `rms`: root of the mean squared difference of pixels; `distances`: by stage
 * @typedef {{ name: string, points: { rms: number, distance: number }[] }} DistortionCurve
 * @typedef {{ stage: string, picture: Picture, losses: number[], rms: number[] }} Reconstruction by step
 */

const STAGES = ["stage1", "stage2", "stage3", "stage4", "stage5"];

/** @type {Settings} */
export const FULL = { side: 64, steps: 150, lr: 0.08, stages: STAGES, strengths: 8 };

/** @type {Settings} */
export const QUICK = { side: 32, steps: 3, lr: 0.08, stages: ["stage1", "stage2"], strengths: 2 };

/** Ways to spoil a picture, by strength; the greatest strength drawn. */
const DISTORTIONS = [
  { name: "shift", most: 4, isWhole: true, apply: shifted },
  { name: "blur", most: 3, isWhole: false, apply: blurred },
  {
    name: "noise",
    most: 0.2,
    isWhole: false,
    apply: (/** @type {Picture} */ picture, /** @type {number} */ by) => noisy(picture, by, new Philox(1)),
  },
  { name: "brightness", most: 0.2, isWhole: false, apply: brighter },
];

/**
 * VGG-16 without its classifier: with the weights of a file, or random ones.
 * @param {Device} device
 * @param {string} [weights] path, or hf://owner/name[@revision][/file]
 */
export async function openVgg(device, weights) {
  seedInit(0);
  const model = vgg16({ includeTop: false, device });
  if (weights !== undefined) {
    const { missing } = await model.load(await resolveWeights(weights), { strict: false });
    if (missing.length > 0) throw new Error(`--weights must hold VGG-16's convolutions; ${weights} lacks ${missing.join(", ")}`);
  }
  return model.eval();
}

/**
 * The picture spoiled in each way, by as much in pixels as a shift by one pixel does.
 * @param {VGG} model
 * @param {Settings} settings
 * @returns {Promise<Distorted[]>}
 */
export async function compareDistortions(model, { side, stages }) {
  const picture = drawPicture(side);
  const pyramid = model.features({ stages });
  const error = meanSquare(shifted(picture, 1), picture);
  const found = [];
  for (const { name, apply, most, isWhole } of DISTORTIONS) {
    const spoiled = apply(picture, isWhole ? 1 : strengthFor(error, 4 * most, (by) => meanSquare(apply(picture, by), picture)));
    const distances = await perceptualDistances(pyramid, spoiled, picture);
    found.push({ name, picture: spoiled, rms: Math.sqrt(meanSquare(spoiled, picture)), distances });
  }
  return found;
}

/**
 * Distance of features over distance of pixels, as each distortion grows.
 * @param {VGG} model
 * @param {Settings} settings
 * @returns {Promise<DistortionCurve[]>}
 */
export async function traceDistortions(model, { side, stages, strengths }) {
  const picture = drawPicture(side);
  const pyramid = model.features({ stages });
  const curves = [];
  for (const { name, apply, most, isWhole } of DISTORTIONS) {
    const count = isWhole ? Math.min(strengths, most) : strengths;
    const points = [{ rms: 0, distance: 0 }];
    for (let i = 1; i <= count; i++) {
      const spoiled = apply(picture, (most * i) / count);
      const distances = await perceptualDistances(pyramid, spoiled, picture);
      points.push({ rms: Math.sqrt(meanSquare(spoiled, picture)), distance: distances.reduce((a, b) => a + b, 0) });
    }
    curves.push({ name, points });
  }
  return curves;
}

/**
 * The picture again from each stage's features alone, starting at noise.
 * @param {VGG} model
 * @param {Settings} settings
 * @param {(line: string) => void} log
 * @returns {Promise<Reconstruction[]>}
 */
export async function reconstructFromStages(model, { side, stages, steps, lr }, log) {
  const target = drawPicture(side);
  const start = noisy({ side, values: new Float32Array(3 * side * side).fill(0.5) }, 0.1, new Philox(2));
  const found = [];
  for (const stage of stages) {
    /** @type {Reconstruction} */
    const course = { stage, picture: start, losses: [], rms: [Math.sqrt(meanSquare(start, target))] };
    const onStep = (/** @type {number} */ _step, /** @type {number} */ loss, /** @type {Picture} */ now) => {
      course.losses.push(loss);
      course.rms.push(Math.sqrt(meanSquare(now, target)));
    };
    course.picture = await reconstruct(model.features({ stages: [stage] }), { target, start, steps, lr, onStep });
    log(`${stage}: features' loss ${course.losses.at(-1)?.toPrecision(2)}, pixels' error ${course.rms.at(-1)?.toFixed(3)}`);
    found.push(course);
  }
  return found;
}

/**
 * By halving: where a growing function has a value.
 * @param {number} value
 * @param {number} most
 * @param {(at: number) => number} growing
 */
function strengthFor(value, most, growing) {
  let [low, high] = [1e-6, most];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (growing(middle) < value) low = middle;
    else high = middle;
  }
  return high;
}
