import * as core from "@vertebra/core";
import { noGrad, observe } from "@vertebra/core";
import { simplify } from "./graph.mjs";

/**
 * Runs `forward` once under core's observer and writes down the ops it called, for the peers to run the same network.
 * `x` [1, ...] must be on a device with memory. Ops on parameters alone (batch norm's scale) become constants.
 * @param {(x: import("@vertebra/core").Tensor) => import("@vertebra/core").Tensor} forward
 * @param {import("@vertebra/core").Tensor} x
 * @returns {Promise<import("./graph.mjs").Graph>}
 */
export async function trace(forward, x) {
  const recorder = new Recorder(x);
  const unfused = core.withFusion ? (fn) => core.withFusion(false, fn) : (fn) => fn();
  const y = unfused(() =>
    noGrad(() =>
      observe(
        (call) => recorder.add(call),
        () => forward(x),
      ),
    ),
  );
  return simplify(await recorder.graph(y));
}

class Recorder {
  nodes = [];
  /** Data of constants by name, on its way from the device. */
  #constants = new Map();
  /** Names by memory and shape: a reshape shares its input's memory. */
  #names = new Map();
  #count = 0;

  constructor(x) {
    this.input = { name: "input", shape: [...x.shape] };
    this.#name(x, "input");
  }

  add({ op, attrs, inputs, outputs }) {
    const isConstant = inputs.every((input) => this.#find(input) === undefined || this.#constants.has(this.#find(input)));
    if (isConstant) {
      for (const output of outputs) this.#constant(output);
      return;
    }
    const rule = RULES[op];
    if (!rule) throw new Error(`trace: no rule for op "${op}". Add one to RULES in trace.mjs`);
    const names = inputs.map((input) => this.#find(input) ?? this.#constant(input));
    const node = rule({ attrs, inputs, outputs });
    this.nodes.push({ inputs: names, output: this.#name(outputs[0], `${op}${++this.#count}`), ...node });
  }

  async graph(y) {
    const constants = new Map();
    for (const [name, { shape, data }] of this.#constants) constants.set(name, { shape, data: await data });
    return { input: this.input, output: this.#find(y), nodes: this.nodes, constants };
  }

  #constant(tensor) {
    const name = this.#name(tensor, `constant${++this.#count}`);
    // The CPU device copies before `data()` first waits, so the values are those of now.
    this.#constants.set(name, { shape: [...tensor.shape], data: tensor.data() });
    return name;
  }

  #name(tensor, name) {
    const byShape = this.#names.get(tensor.storage) ?? new Map();
    this.#names.set(tensor.storage, byShape.set(tensor.shape.join(), name));
    return name;
  }

  #find(tensor) {
    return this.#names.get(tensor.storage)?.get(tensor.shape.join());
  }
}

/** What a call becomes, by op. `inputs` here are tensors. */
const RULES = {
  conv2d: ({ attrs: { stride, padding, dilation, groups } }) => ({ op: "conv2d", attrs: { stride, padding, dilation, groups } }),
  scaleShift: () => ({ op: "scaleShift", attrs: {} }),
  relu: () => ({ op: "relu", attrs: {} }),
  silu: () => ({ op: "silu", attrs: {} }),
  sigmoid: () => ({ op: "sigmoid", attrs: {} }),
  add: () => ({ op: "add", attrs: {} }),
  div: () => ({ op: "div", attrs: {} }),
  mul: () => ({ op: "mul", attrs: {} }),
  matmul: ({ attrs: { transA, transB } }) => {
    if (transA) throw new Error("trace: matmul with transA has no rule");
    return { op: transB ? "linear" : "matmul", attrs: {} };
  },
  concat: ({ attrs: { axis } }) => {
    if (axis !== 1) throw new Error(`trace: a concat along axis ${axis} has no rule`);
    return { op: "concat", attrs: {} };
  },
  resample2d: ({ attrs: { rows, columns } }) => {
    const axes = [rows, columns];
    if (!axes.every(isAverage)) throw new Error("trace: only averages of whole windows of one size have a rule for resample2d");
    const [vertical, horizontal] = axes.map(poolingOf);
    return {
      op: "averagePool2d",
      attrs: { kernel: [vertical.kernel, horizontal.kernel], stride: [vertical.stride, horizontal.stride] },
    };
  },
  maxPool2d: ({ attrs: { rows, columns } }) => {
    const [vertical, horizontal] = [rows, columns].map(poolingOf);
    return {
      op: "maxPool2d",
      attrs: {
        kernel: [vertical.kernel, horizontal.kernel],
        stride: [vertical.stride, horizontal.stride],
        padding: [...vertical.padding, ...horizontal.padding],
      },
    };
  },
  sum: ({ attrs: { axes, keepDims }, inputs: [x] }) => {
    const isPool = x.shape.length === 4 && axes.join() === "2,3" && keepDims;
    if (!isPool) throw new Error(`trace: a sum of [${x.shape}] over axes ${axes} has no rule`);
    return { op: "sum", attrs: {} };
  },
  reshape: ({ inputs: [x], outputs: [y] }) => {
    if (y.shape.length !== 2 || y.shape[0] !== x.shape[0]) throw new Error(`trace: a reshape to [${y.shape}] has no rule`);
    return { op: "flatten", attrs: { from: x.shape.slice(1) } };
  },
};

/** Whether every window is a plain mean of equally many elements, at equal distances. */
function isAverage({ starts, counts, weights }) {
  const [count] = counts;
  const [, stride = 0] = starts;
  return (
    starts.every((start, i) => start === i * stride) &&
    counts.every((own) => own === count) &&
    weights.every((weight) => Math.abs(weight * count - 1) < 1e-6)
  );
}

/** Kernel, stride and padding that give these windows, which are clipped to the input. */
function poolingOf({ inputSize, starts, counts }) {
  const kernel = Math.max(...counts);
  const last = starts.length - 1;
  const stride = last === 0 ? kernel : starts[last] - starts[last - 1];
  const before = kernel - counts[0];
  const after = Math.max(0, last * stride - before + kernel - inputSize);
  return { kernel, stride, padding: [before, after] };
}
