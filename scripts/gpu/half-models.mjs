// A model's forward pass and training step in 16 bits, and how far two devices are apart in them.
import { backward, crossEntropy, manualSeed, noGrad, Philox, Scope, seedInit, tensor } from "@vertebra/core";
import { createModel, findModel } from "@vertebra/models";
import { inPrecision } from "./model-timing.mjs";

/** Both sides round every map to 16 bits, at other places of a sum: they may be as far from each other as both are from f32, and a little more. */
export const MOST_TIMES = 3;
const BATCH = 4;
const CLASSES = 10;

/**
 * Logits in training, gradients, running statistics and logits at evaluation: for each part the arrays of its tensors. In f32 without a dtype; the same
 * weights and images everywhere.
 */
export async function halfRun(device, name, dtype = "f32") {
  const own = new Scope(undefined);
  seedInit(0);
  const model = createModel(name, { device, numClasses: CLASSES });
  try {
    const parts = own.run(() => partsOf(device, model, dtype));
    const read = async ([part, tensors]) => [part, await Promise.all(tensors.map((value) => value.data()))];
    return new Map(await Promise.all(Object.entries(parts).map(read)));
  } finally {
    own.end();
    model.dispose();
  }
}

function partsOf(device, model, dtype) {
  const { inputShape, smallSide } = findModel(model.facts.name).facts;
  const shape = [BATCH, inputShape[0], smallSide, smallSide];
  const images = tensor(new Philox(5).normalArray(shape.reduce((a, b) => a * b)), { shape, device });
  const labels = tensor(
    Int32Array.from({ length: BATCH }, (_, i) => i),
    { dtype: "i32", device },
  );
  manualSeed(0, device);
  model.train();
  // Without a scale in front: gradients that vanish in f16 do so on both sides, and first weights overflow soon enough.
  const [outputs, loss] = inPrecision(dtype, () => {
    const made = model.forward(images);
    return [made, crossEntropy(made, labels)];
  });
  const grads = backward(loss);
  const gradients = model.parameters().flatMap((parameter) => grads.get(parameter) ?? []);
  const statistics = model.namedBuffers().map(([, value]) => value);
  model.eval();
  const logits = noGrad(() => inPrecision(dtype, () => model.forward(images)));
  return { "training logits": [outputs], gradients, statistics, logits: [logits] };
}

export const areFinite = (parts) => [...parts.values()].every((arrays) => arrays.every((array) => array.every(Number.isFinite)));

/**
 * Of each part: how far `actual` is from `expected` in the 2-norm, as a fraction of what is allowed.
 * @param {number} eps of the 16 bits: a single number may be right by luck, then what they can tell apart counts
 */
export function distancesOf({ exact, expected, actual }, eps) {
  return [...expected]
    .filter(([, arrays]) => arrays.length > 0)
    .map(([part, arrays]) => {
      const [ours, theirs] = [distance(actual.get(part), arrays), distance(arrays, exact.get(part))];
      const allowed = MOST_TIMES * Math.max(theirs, distance(arrays) * eps);
      return { part, fraction: allowed > 0 ? ours / allowed : ours };
    });
}

/** ‖a − b‖₂ over all arrays; without b the norm of a. */
function distance(a, b) {
  let squares = 0;
  a.forEach((array, n) => {
    const other = b?.[n];
    for (let i = 0; i < array.length; i++) squares += (array[i] - (other ? other[i] : 0)) ** 2;
  });
  return Math.sqrt(squares);
}
