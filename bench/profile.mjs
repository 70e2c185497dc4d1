// Where a model's time goes, by op and by layer: node bench/profile.mjs resnet18 [--batch 1] [--train] [--threads 2]
import { parseArgs } from "node:util";
import { cpu } from "@vertebra/backend-cpu";
import { crossEntropy, noGrad, observe, scope, sgd, tensor, valueAndGrad, withFusion } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { values as noise, uniform } from "./src/random.mjs";
import { markdown } from "./src/report.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: "string", default: "1" },
    size: { type: "string", default: "224" },
    runs: { type: "string", default: "15" },
    threads: { type: "string", default: "2" },
    train: { type: "boolean", default: false },
    unfused: { type: "boolean", default: false },
  },
});
const [name = "resnet18"] = positionals;
const [batch, size, runs, threads] = [values.batch, values.size, values.runs, values.threads].map(Number);
const shape = name === "lenet5" ? [batch, 1, 32, 32] : [batch, 3, size, size];

const device = await cpu({ threads }).open();
const profiles = await profile();
const total = least(profiles.map(({ milliseconds }) => milliseconds));
const calls = profiles[0].calls.map((call, i) => ({
  ...call,
  milliseconds: least(profiles.map((each) => each.calls[i].milliseconds)),
}));
const inKernels = calls.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
console.log(
  `${name}, [${shape}], ${device.adapter}: ${total.toFixed(2)} ms, ${inKernels.toFixed(2)} of it in ${calls.length} kernels; the fastest of ${runs}\n`,
);
console.log(`${table(groups(calls, ({ op }) => op))}\n`);
console.log(table(groups(calls, ({ layer, op, shapes }) => `${layer || "–"} ${op} ${shapes}`)));
await device.close();

/** Runs the model and times each kernel; one warm-up. */
async function profile() {
  const step = values.train ? training() : inference();
  let last = 0;
  let current;
  for (const table of [device.kernels, device.fused]) {
    for (const [op, kernel] of Object.entries(table)) {
      table[op] = (...args) => {
        const start = performance.now();
        kernel(...args);
        last = performance.now() - start;
      };
    }
  }
  const record = ({ op, layer, inputs, outputs, macs }) => {
    current.push({ op, layer, macs, milliseconds: last, shapes: `${describe(inputs)} → ${describe(outputs.slice(0, 1))}` });
    last = 0;
  };
  const results = [];
  for (let i = 0; i <= runs; i++) {
    current = [];
    const s = scope();
    const start = performance.now();
    await (await observe(record, step)).data();
    results.push({ milliseconds: performance.now() - start, calls: current });
    s.end();
  }
  return results.slice(1);
}

function inference() {
  const model = createModel(name, { device }).eval();
  const image = noise(
    uniform(1),
    shape.reduce((a, b) => a * b),
  );
  return () => withFusion(!values.unfused, () => noGrad(() => model.forward(tensor(image, { shape, device }))));
}

function training() {
  const model = createModel(name, { device }).train();
  const optimizer = sgd(model, { lr: 1e-3, momentum: 0.9 });
  const image = noise(
    uniform(1),
    shape.reduce((a, b) => a * b),
  );
  return () => {
    const labels = tensor(new Int32Array(batch), { dtype: "i32", device });
    const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(tensor(image, { shape, device })), labels));
    optimizer.step(grads);
    return value;
  };
}

/** Sums by key, longest first. */
function groups(calls, keyOf) {
  const sums = new Map();
  for (const call of calls) {
    const key = keyOf(call);
    const sum = sums.get(key) ?? { key, count: 0, milliseconds: 0, macs: 0 };
    sum.count++;
    sum.milliseconds += call.milliseconds;
    sum.macs += call.macs;
    sums.set(key, sum);
  }
  return [...sums.values()].toSorted((a, b) => b.milliseconds - a.milliseconds);
}

function table(rows) {
  const shown = rows.filter(({ milliseconds }) => milliseconds >= total / 1000).slice(0, 60);
  return markdown(
    ["", "calls", "ms", "%", "GFLOP/s"],
    shown.map(({ key, count, milliseconds, macs }) => [
      key,
      count,
      milliseconds.toFixed(3),
      ((100 * milliseconds) / total).toFixed(1),
      macs ? ((2 * macs) / milliseconds / 1e6).toFixed(1) : "",
    ]),
  );
}

function describe(tensors) {
  return tensors
    .filter((each) => each.shape.length > 1)
    .slice(0, 2)
    .map((each) => each.shape.join("×"))
    .join(" · ");
}

function least(times) {
  return Math.min(...times);
}
