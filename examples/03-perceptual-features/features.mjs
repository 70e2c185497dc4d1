import { adam, add, div, grad, mean, mul, noGrad, requireGrad, scoped, sqrt, sub, sum, tensor } from "@vertebra/core";
import { IMAGENET_PREPROCESSING } from "@vertebra/models";

/**
 * @typedef {import("@vertebra/core").Device} Device
 * @typedef {import("@vertebra/core").Tensor} Tensor
 * @typedef {import("@vertebra/models").FeaturePyramid} FeaturePyramid
 * @typedef {import("./pictures.mjs").Picture} Picture
 */

/**
 * How far two pictures are apart at each stage: mean over places of the squared difference of the channels' vectors there,
 * each of length 1. Their sum is LPIPS (Zhang et al. 2018) without its learned weights of channels.
 * @param {FeaturePyramid} pyramid
 * @param {Picture} a
 * @param {Picture} b
 */
export async function perceptualDistances(pyramid, a, b) {
  const device = deviceOf(pyramid);
  const perStage = noGrad(() =>
    scoped(() => {
      const [left, right] = [a, b].map((picture) => pyramid.forward(normalized(toTensor(picture, device))).map(unitVectors));
      return (left ?? []).map((map, i) => {
        const difference = sub(map, /** @type {Tensor} */ (right?.[i]));
        return mean(sum(mul(difference, difference), { axes: [1] }));
      });
    }),
  );
  const distances = await Promise.all(perStage.map((distance) => distance.item()));
  for (const distance of perStage) distance.dispose();
  return distances;
}

/**
 * A picture whose features are those of `target`: Adam on the pixels, from `start`, down the squared distance of the stages'
 * maps, each as a share of its own square (the feature reconstruction loss of Johnson et al. 2016, eq. 2, on that scale).
 * @param {FeaturePyramid} pyramid
 * @param {{ target: Picture, start: Picture, steps: number, lr: number, onStep?: (step: number, loss: number, now: Picture) => void }} options
 * @returns {Promise<Picture>}
 */
export async function reconstruct(pyramid, { target, start, steps, lr, onStep }) {
  const device = deviceOf(pyramid);
  const wanted = noGrad(() => pyramid.forward(normalized(toTensor(target, device))));
  const pixels = requireGrad(toTensor(start, device));
  const optimizer = adam([pixels], { lr });
  for (let step = 1; step <= steps; step++) {
    optimizer.lr = lr * (1 - (step - 1) / steps);
    const [loss, gradient] = scoped(() => {
      const total = pyramid.forward(normalized(pixels)).map((map, i) => shareOff(map, /** @type {Tensor} */ (wanted[i])));
      const sumOfStages = total.reduce((a, b) => add(a, b));
      return [sumOfStages.detach(), ...grad(sumOfStages, [pixels])];
    });
    optimizer.step({ get: () => gradient });
    const value = await /** @type {Tensor} */ (loss).item();
    for (const used of [loss, gradient]) used?.dispose();
    onStep?.(step, value, await toPicture(pixels));
  }
  const found = await toPicture(pixels);
  for (const used of [...wanted, pixels]) used.dispose();
  optimizer.dispose();
  return found;
}

/** |a − b|² / |b|². @param {Tensor} a @param {Tensor} b */
function shareOff(a, b) {
  const difference = sub(a, b);
  return div(sum(mul(difference, difference)), sum(mul(b, b)));
}

/** Divides by the length over channels; x [N, C, H, W]. @param {Tensor} x */
const unitVectors = (x) => div(x, add(sqrt(sum(mul(x, x), { axes: [1], keepDims: true })), 1e-10));

/** What the weights were trained on: (value − mean) / std. @param {Tensor} x [1, 3, H, W], 0 to 1 */
function normalized(x) {
  const [mean, std] = [IMAGENET_PREPROCESSING.mean, IMAGENET_PREPROCESSING.std].map((values) =>
    tensor(values, { shape: [1, 3, 1, 1], device: x.device }),
  );
  return div(sub(x, /** @type {Tensor} */ (mean)), /** @type {Tensor} */ (std));
}

/** @param {Picture} picture @param {Device} device */
const toTensor = ({ side, values }, device) => tensor(values, { shape: [1, 3, side, side], device });

/** @param {Tensor} pixels @returns {Promise<Picture>} */
const toPicture = async (pixels) => ({ side: pixels.shape.at(-1) ?? 0, values: Float32Array.from(await pixels.data()) });

/** @param {FeaturePyramid} pyramid */
const deviceOf = (pyramid) => /** @type {Tensor} */ (pyramid.parameters()[0]).device;
