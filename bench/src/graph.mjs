import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "./safetensors.mjs";

/**
 * A network as the peers are given it: few ops, batch norm folded into the convolutions, axis 0 of the input any batch.
 *
 * | op                  | inputs                          | attrs                                          |
 * | ------------------- | ------------------------------- | ---------------------------------------------- |
 * | `conv2d`            | x, weight, bias?                | stride, padding [t, b, l, r], dilation, groups |
 * | `linear`            | x, weight, bias?                |                                                |
 * | `matmul`            | a, b                            |                                                |
 * | `maxPool2d`         | x                               | kernel, stride, padding [t, b, l, r]           |
 * | `averagePool2d`     | x                               | kernel, stride; no padding                     |
 * | `globalAveragePool` | x                               |                                                |
 * | `batchNorm`         | x, scale, shift, mean, variance | eps is 0; only where no convolution is before  |
 * | `add`, `mul`        | a, b                            | `mul`: one may be [N, C, 1, 1]                 |
 * | `concat`            | parts                           | along the channels                             |
 * | `relu`, `sigmoid`   | x                               |                                                |
 * | `flatten`           | x                               | from, the shape without batch                  |
 *
 * @typedef {{ op: string, inputs: string[], output: string, attrs: Record<string, any> }} Node
 * @typedef {import("./safetensors.mjs").Values} Values
 * @typedef {{ input: { name: string, shape: number[] }, output: string, nodes: Node[], constants: Map<string, Values> }} Graph
 */

/**
 * @param {string} folder
 * @param {Graph} graph
 */
export function writeGraph(folder, { constants, ...rest }) {
  writeFileSync(join(folder, "graph.json"), JSON.stringify(rest));
  writeSafetensors(join(folder, "constants.safetensors"), constants);
}

/**
 * @param {string} folder
 * @returns {Graph}
 */
export function readGraph(folder) {
  const rest = JSON.parse(readFileSync(join(folder, "graph.json"), "utf8"));
  return { ...rest, constants: readSafetensors(join(folder, "constants.safetensors")) };
}

/**
 * What an exporter would do: `matmul + add` to `linear`, `sum / n` to an average pool, batch norm into the convolution, SiLU
 * to two ops.
 * @param {Graph} traced
 */
export function simplify(traced) {
  const graph = { ...traced, nodes: traced.nodes.flatMap(splitSilu) };
  const nodes = [];
  /** @type {Map<string, Node>} */
  const makers = new Map();
  const uses = countUses(graph);
  const constants = new Map(graph.constants);
  for (const node of graph.nodes) {
    const before = makers.get(node.inputs[0]);
    const isOnlyUse = before !== undefined && uses.get(before.output) === 1;
    if (isOnlyUse && joinInto(before, node, constants)) {
      makers.delete(before.output);
      before.output = node.output;
      makers.set(node.output, before);
      continue;
    }
    const own = { ...node, inputs: [...node.inputs], attrs: { ...node.attrs } };
    nodes.push(own);
    makers.set(own.output, own);
  }
  for (const node of nodes) if (node.op === "scaleShift") becomeBatchNorm(node, constants);
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  for (const name of constants.keys()) if (!used.has(name)) constants.delete(name);
  return { ...graph, nodes, constants };
}

/** Neither ONNX (before opset 24) nor tfjs has x · sigmoid(x) as one op. */
function splitSilu(node) {
  if (node.op !== "silu") return [node];
  const [x] = node.inputs;
  const gate = `${node.output}.gate`;
  return [
    { op: "sigmoid", inputs: [x], output: gate, attrs: {} },
    { op: "mul", inputs: [x, gate], output: node.output, attrs: {} },
  ];
}

/** A norm that no convolution takes stays one: ONNX Runtime is faster at it than at a product and a sum. */
function becomeBatchNorm(node, constants) {
  const { shape } = constants.get(node.inputs[1]);
  const [mean, variance] = [0, 1].map((value) => {
    const name = `${value}.${shape}`;
    constants.set(name, { shape, data: new Float32Array(shape[0]).fill(value) });
    return name;
  });
  node.op = "batchNorm";
  node.inputs.push(mean, variance);
}

/** Joins `node` into the node that made its first input; false if they don't go together. */
function joinInto(before, node, constants) {
  const second = constants.get(node.inputs[1]);
  if (before.op === "conv2d" && node.op === "scaleShift") {
    foldScale(before, node, constants);
    return true;
  }
  if (before.op === "linear" && node.op === "add" && before.inputs.length === 2 && second?.shape.length === 1) {
    before.inputs.push(node.inputs[1]);
    return true;
  }
  if (before.op === "sum" && (node.op === "div" || node.op === "mul") && second?.data.length === 1) {
    before.op = "globalAveragePool";
    return true;
  }
  return false;
}

/** conv(x, w, b) · scale + shift = conv(x, w · scale, b · scale + shift), by output channel. */
function foldScale(conv, { inputs: [, scaleName, shiftName] }, constants) {
  const [, weightName, biasName] = conv.inputs;
  const weight = constants.get(weightName);
  const bias = constants.get(biasName);
  const scale = constants.get(scaleName).data;
  const shift = constants.get(shiftName).data;
  const perChannel = weight.data.length / scale.length;
  const scaled = weight.data.map((value, i) => value * scale[Math.floor(i / perChannel)]);
  const shifted = shift.map((value, i) => value + (bias ? bias.data[i] * scale[i] : 0));
  const name = `${weightName}.folded`;
  constants.set(name, { shape: weight.shape, data: scaled });
  constants.set(`${name}.bias`, { shape: [shift.length], data: shifted });
  conv.inputs = [conv.inputs[0], name, `${name}.bias`];
}

/** @param {Graph} graph */
function countUses({ nodes, output }) {
  const uses = new Map([[output, 1]]);
  for (const { inputs } of nodes) for (const name of inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
