import * as tf from "@tensorflow/tfjs-core";

/**
 * The network as a function of tfjs, on the backend that is set; channels come last in its input and its output.
 * @param {import("../graph.mjs").Graph} graph
 * @param {{ isTrained?: boolean }} options `isTrained`: weights and biases become variables
 * @returns {(x: tf.Tensor) => tf.Tensor}
 */
export function build(graph, { isTrained = false } = {}) {
  const steps = buildSteps(graph, isTrained ? (values) => tf.variable(values) : (values) => values);
  return (x) => {
    const known = new Map([[graph.input.name, x]]);
    for (const step of steps) step(known);
    return known.get(graph.output);
  };
}

/** One function per node; a ReLU joins the convolution before it. */
function buildSteps({ nodes, constants, output }, toWeight) {
  const steps = [];
  const uses = new Map([[output, 1]]);
  for (const { inputs } of nodes) for (const name of inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  /** Shape [C, H, W] of what was flattened, by name: channels last in tfjs's order. */
  const flattened = new Map();
  for (const [i, node] of nodes.entries()) {
    const after = nodes[i + 1];
    const takesRelu = after?.op === "relu" && after.inputs[0] === node.output && uses.get(node.output) === 1;
    const isDone = node.op === "relu" && steps.at(-1)?.output === node.output;
    if (isDone) continue;
    const fused = takesRelu && (node.op === "conv2d" || node.op === "linear");
    if (node.op === "flatten") flattened.set(node.output, node.attrs.from);
    const compute = OPS[node.op](node, { constants, flattened, toWeight, activation: fused ? "relu" : undefined });
    const result = fused ? after.output : node.output;
    const step = (known) => known.set(result, compute(...node.inputs.map((name) => known.get(name))));
    step.output = result;
    steps.push(step);
  }
  return steps;
}

const OPS = {
  conv2d({ inputs: [, weightName, biasName], attrs }, { constants, toWeight, activation }) {
    const {
      stride,
      padding: [top, bottom, left, right],
      dilation,
      groups,
    } = attrs;
    const weight = constants.get(weightName);
    const isDepthwise = groups > 1;
    if (isDepthwise && (groups !== weight.shape[0] || weight.shape[1] !== 1)) throw new Error("tfjs has no grouped convolution");
    // [O, C, kh, kw] → [kh, kw, C, O], depthwise [kh, kw, C, 1]
    const filter = toWeight(
      tf.tidy(() => tf.transpose(tf.tensor(weight.data, weight.shape), isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0])),
    );
    const bias = biasName && toWeight(tf.tensor(constants.get(biasName).data));
    const pad = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    const common = { filter, strides: stride, pad, dataFormat: "NHWC", dilations: dilation, bias, activation };
    return (x) => (isDepthwise ? tf.fused.depthwiseConv2d({ x, ...common }) : tf.fused.conv2d({ x, ...common }));
  },
  linear({ inputs: [xName, weightName, biasName] }, { constants, flattened, toWeight, activation }) {
    const {
      shape: [features, inFeatures],
      data,
    } = constants.get(weightName);
    const [channels, height, width] = flattened.get(xName) ?? [inFeatures, 1, 1];
    const weight = toWeight(
      tf.tidy(() => {
        const byChannel = tf.tensor(data, [features, channels, height, width]);
        return tf.transpose(tf.reshape(tf.transpose(byChannel, [0, 2, 3, 1]), [features, inFeatures]));
      }),
    );
    const bias = biasName && toWeight(tf.tensor(constants.get(biasName).data));
    return (x) => tf.fused.matMul({ a: x, b: weight, bias, activation });
  },
  matmul({ inputs: [, name] }, { constants }) {
    const b = tf.tensor(constants.get(name).data, constants.get(name).shape);
    return (a) => tf.matMul(a, b);
  },
  maxPool2d:
    ({
      attrs: {
        kernel,
        stride,
        padding: [top, bottom, left, right],
      },
    }) =>
    (x) =>
      tf.maxPool(x, kernel, stride, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ]),
  averagePool2d:
    ({ attrs: { kernel, stride } }) =>
    (x) =>
      tf.avgPool(x, kernel, stride, "valid"),
  batchNorm(node, { constants }) {
    const [scale, shift] = node.inputs.slice(1).map((name) => tf.tensor(constants.get(name).data));
    // Two passes, but together 2 to 6 times as fast as tf.batchNorm on the maps of DenseNet-121.
    return (x) => tf.add(tf.mul(x, scale), shift);
  },
  relu: () => (x) => tf.relu(x),
  sigmoid: () => (x) => tf.sigmoid(x),
  add: () => (a, b) => tf.add(a, b),
  mul: () => (a, b) => tf.mul(a, b),
  concat:
    () =>
    (...parts) =>
      tf.concat(parts, 3),
  globalAveragePool: () => (x) => tf.mean(x, [1, 2], true),
  flatten: () => (x) => tf.reshape(x, [x.shape[0], -1]),
};

/** The values of [N, C, H, W] as tfjs wants them, and their shape there. */
export function channelsLast(data, shape) {
  if (shape.length !== 4) return { data, shape };
  const [n, c, h, w] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < c; j++) for (let k = 0; k < h * w; k++) turned[(i * h * w + k) * c + j] = data[(i * c + j) * h * w + k];
  return { data: turned, shape: [n, h, w, c] };
}
