// One op of cuda-cases.mjs on a device: its time, and whether what it gives is right at that size.
import {
  add,
  batchNormTrain,
  batchNormTrainGrad,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  matmul,
  noGrad,
  relu,
  scope,
  sum,
  toDtype,
} from "@vertebra/core";
import { shown } from "./format.mjs";
import { normalTensor } from "./normals.mjs";
import { sampledError as errorOfSamples } from "./sampled.mjs";
import { timeCalls } from "./timing.mjs";

/** Errors as a fraction of the result's typical size: of sums of some thousand products whose factors have 24, 11, 11 and 8 bits. */
const MOST_ERROR = { f32: 1e-3, tf32: 5e-3, f16: 5e-3, bf16: 4e-2 };

export async function timeCudaOp(device, row, { prepare = async () => {} } = {}) {
  const own = scope();
  try {
    const made = noGrad(() => MAKERS[row.kind](device, row));
    await prepare(() => noGrad(made.call));
    const sampledError = made.error && (await made.error());
    const times = await timeCalls(device, () => noGrad(made.call));
    const gflops = row.macs && (2 * row.macs) / times.gpuMs / 1e6;
    const gigabytes = row.bytes && row.bytes / times.gpuMs / 1e6;
    const rate = gflops ? `${shown(gflops)} GFLOP/s` : `${shown(gigabytes)} GB/s`;
    const isRight = sampledError === undefined || sampledError <= MOST_ERROR[row.precision];
    return { ok: isRight, ...times, gflops, gigabytes, sampledError, brief: `${shown(times.gpuMs)} ms, ${rate}` };
  } finally {
    own.end();
  }
}

const MAKERS = {
  relu: (device, row) => {
    const x = random(device, row.x, row.precision);
    return { call: () => relu(x) };
  },
  add: (device, row) => {
    const x = random(device, row.x, row.precision);
    return { call: () => add(x, x) };
  },
  sum: (device, row) => {
    const x = random(device, row.x, row.precision);
    return { call: () => sum(x) };
  },
  batchNormTrain: (device, row) => {
    const [x, weight, bias] = normInputs(device, row);
    return { call: () => batchNormTrain(x, weight, bias, 1e-5).y };
  },
  batchNormTrainGrad: (device, row) => {
    const [x, weight, bias] = normInputs(device, row);
    const { mean, variance } = batchNormTrain(x, weight, bias, 1e-5);
    return { call: () => batchNormTrainGrad(x, weight, mean, variance, x, { eps: 1e-5 }) };
  },
  matmul: (device, row) => {
    const [x, weight] = [random(device, row.x, row.precision), random(device, row.weight, row.precision, 1)];
    const call = () => matmul(x, weight);
    return { call, error: () => sampled(row, x, weight, call()) };
  },
  conv2d: (device, row) => {
    const [x, weight] = convInputs(device, row);
    const call = () => conv2d(x, weight, undefined, row.attrs);
    return { call, error: () => sampled(row, x, weight, call()) };
  },
  conv2dInputGrad: (device, row) => {
    const [x, weight, dy] = convInputs(device, row);
    const call = () => conv2dInputGrad(dy, weight, { ...attrsOf(row), inputSize: row.x.slice(2) });
    return { call, error: () => adjointError(conv2d(x, weight, undefined, row.attrs), dy, x, call()) };
  },
  conv2dWeightGrad: (device, row) => {
    const [x, weight, dy] = convInputs(device, row);
    const call = () => conv2dWeightGrad(x, dy, { ...attrsOf(row), kernelSize: row.weight.slice(2) });
    return { call, error: () => adjointError(conv2d(x, weight, undefined, row.attrs), dy, weight, call()) };
  },
};

const normInputs = (device, { x: shape, precision }) => {
  const channels = [shape[1]];
  return [random(device, shape, precision), random(device, channels, "f32", 1), random(device, channels, "f32", 2)];
};

const convInputs = (device, { x, weight, y, precision }) => [x, weight, y].map((shape, i) => random(device, shape, precision, i));

const attrsOf = ({ attrs: { stride, padding, groups } }) => ({
  stride: [stride, stride],
  padding: [padding, padding, padding, padding],
  dilation: [1, 1],
  groups,
});

/** Normal numbers in the dtype of the precision. */
function random(device, shape, precision, start = 0) {
  const wide = normalTensor(device, shape, start);
  if (precision === "f32" || precision === "tf32") return wide;
  const narrow = toDtype(wide, precision);
  wide.dispose();
  return narrow;
}

const dataOf = async (x) => (x.dtype === "f32" ? x : toDtype(x, "f32")).data();

async function sampled(row, x, weight, y) {
  const kind = row.kind === "matmul" ? "matmul" : "conv2d";
  return errorOfSamples({ ...row, kind }, await dataOf(x), await dataOf(weight), await dataOf(y));
}

/**
 * ⟨y, dy⟩ = ⟨input, gradient⟩ for what is linear in its input: how far apart they are, as a fraction of what such a sum of random terms
 * typically is. A part f of wrong elements gives about √f.
 */
async function adjointError(y, dy, input, gradient) {
  const [left, right] = [await dots(y, dy), await dots(input, gradient)];
  const typical = Math.sqrt((left.squares * left.otherSquares) / left.elements);
  const error = Math.abs(left.dot - right.dot) / typical;
  return Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
}

async function dots(a, b) {
  const [x, y] = [await dataOf(a), await dataOf(b)];
  let [dot, squares, otherSquares] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    dot += x[i] * y[i];
    squares += x[i] ** 2;
    otherSquares += y[i] ** 2;
  }
  return { dot, squares, otherSquares, elements: x.length };
}
