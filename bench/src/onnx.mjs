import { writeFileSync } from "node:fs";

// Field numbers of onnx.proto3: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
const OPSET = 13;
const IR_VERSION = 8;
const FLOAT = 1;
const ATTRIBUTE = { FLOAT: 1, INT: 2, INTS: 7 };

/** Our node → ONNX node: type, attributes. */
const TYPES = {
  conv2d: ({
    attrs: {
      stride,
      padding: [top, bottom, left, right],
      dilation,
      groups,
    },
  }) => ["Conv", { strides: stride, pads: [top, left, bottom, right], dilations: dilation, group: groups }],
  linear: () => ["Gemm", { transB: 1 }],
  matmul: () => ["MatMul", {}],
  relu: () => ["Relu", {}],
  sigmoid: () => ["Sigmoid", {}],
  add: () => ["Add", {}],
  mul: () => ["Mul", {}],
  concat: () => ["Concat", { axis: 1 }],
  batchNorm: () => ["BatchNormalization", { epsilon: Float32Array.of(0) }],
  maxPool2d: ({
    attrs: {
      kernel,
      stride,
      padding: [top, bottom, left, right],
    },
  }) => ["MaxPool", { kernel_shape: kernel, strides: stride, pads: [top, left, bottom, right] }],
  averagePool2d: ({ attrs: { kernel, stride } }) => ["AveragePool", { kernel_shape: kernel, strides: stride }],
  globalAveragePool: () => ["GlobalAveragePool", {}],
  flatten: () => ["Flatten", { axis: 1 }],
};

/**
 * Writes `graph` as an ONNX file with a free batch axis.
 * @param {string} path
 * @param {import("./graph.mjs").Graph} graph
 */
export function writeOnnx(path, { input, output, nodes, constants }) {
  const graph = [
    ...nodes.map((node) => message(1, encodeNode(node))),
    text(2, "bench"),
    ...[...constants].map(([name, values]) => message(5, encodeTensor(name, values))),
    message(11, encodeValue(input.name, input.shape)),
    message(12, [text(1, output), message(2, [message(1, [varint(1, FLOAT)])])]),
  ];
  const opset = message(8, [text(1, ""), varint(2, OPSET)]);
  writeFileSync(path, Buffer.concat([varint(1, IR_VERSION), opset, message(7, graph)]));
}

function encodeNode(node) {
  const known = TYPES[node.op];
  if (!known) throw new Error(`onnx: no form for "${node.op}". Add a row to TYPES in onnx.mjs`);
  const [type, attributes] = known(node);
  return [
    ...node.inputs.map((name) => text(1, name)),
    text(2, node.output),
    text(3, node.output),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => message(5, encodeAttribute(name, value))),
  ];
}

/** A number is an integer, an array a list of integers, a `Float32Array` of one value a float. */
function encodeAttribute(name, value) {
  if (value instanceof Float32Array) return [text(1, name), float(2, value), varint(20, ATTRIBUTE.FLOAT)];
  if (Array.isArray(value)) return [text(1, name), ...value.map((item) => varint(8, item)), varint(20, ATTRIBUTE.INTS)];
  return [text(1, name), varint(3, value), varint(20, ATTRIBUTE.INT)];
}

function encodeTensor(name, { shape, data }) {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return [...shape.map((size) => varint(1, size)), varint(2, FLOAT), text(8, name), bytes(9, raw)];
}

/** A value's type; axis 0 is the symbol `batch`. */
function encodeValue(name, shape) {
  const axes = shape.map((size, axis) => message(1, axis === 0 ? [text(2, "batch")] : [varint(1, size)]));
  return [text(1, name), message(2, [message(1, [varint(1, FLOAT), message(2, axes)])])];
}

const message = (field, parts) => bytes(field, Buffer.concat(parts));
const text = (field, value) => bytes(field, Buffer.from(value));
const bytes = (field, value) => Buffer.concat([number(field * 8 + 2), number(value.length), value]);
const float = (field, value) => Buffer.concat([number(field * 8 + 5), Buffer.from(value.buffer)]);
const varint = (field, value) => Buffer.concat([number(field * 8), number(value)]);

/** Base 128, least digit first. */
function number(value) {
  const digits = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...digits, rest]);
    digits.push((rest % 128) | 128);
  }
}
