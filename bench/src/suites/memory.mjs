import { cpu } from "@vertebra/backend-cpu";
import {
  add,
  backward,
  conv2d,
  crossEntropy,
  matmul,
  noGrad,
  observe,
  relu,
  requireGrad,
  scope,
  sgd,
  tensor,
  zeros,
} from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { LiveValues, SavedBytes } from "../live-bytes.mjs";
import { median } from "../measure.mjs";
import { markdown } from "../report.mjs";
import { MODELS } from "../tasks.mjs";

export const title = "Memory, and JavaScript per op";

export async function run({ effort, threads, log }) {
  const isQuick = effort.rounds < 5;
  const rows = [];
  const add = (what, measured, limit, isKept) => rows.push([what, measured, limit, isKept ? "kept" : "**exceeded**"]);

  log("LeNet-5 training steps");
  const steps = isQuick ? 100 : 1000;
  const flat = await trainingGrowth(steps, threads);
  add(`live bytes over ${steps} LeNet-5 training steps`, `${flat.least} – ${flat.most}`, "flat", flat.least === flat.most);

  for (const batch of [1, 8]) {
    log(`ResNet-50 inference, batch ${batch}`);
    const { weights, activations, peak } = await inferencePeak("resnet50", batch, threads);
    const measured = `${mib(peak)} = weights ${mib(weights)} + ${((peak - weights) / activations).toFixed(2)} × ${mib(activations)}`;
    add(
      `ResNet-50 inference peak, batch ${batch}`,
      measured,
      "weights + 1.5 × two largest live activations",
      peak <= weights + 1.5 * activations,
    );
  }

  log("ResNet-18 training peak, batch 4");
  for (const stepping of Object.keys(STEPS)) {
    const { persistent, saved, held, peak } = await trainingPeak("resnet18", 4, stepping, threads);
    const extra = peak - persistent;
    const limit = `1.2 × saved ${mib(saved)} = ${mib(1.2 * saved)}`;
    const title = `ResNet-18 training, batch 4, ${stepping}`;
    add(`${title}: held when backward starts`, mib(held), limit, held <= 1.2 * saved);
    const measured = `${mib(peak)} = weights and momentum ${mib(persistent)} + ${mib(extra)}`;
    // All gradients at once are the user's choice: clipping needs them.
    const isLimited = stepping === "backwardStep";
    add(`${title}: peak`, measured, isLimited ? limit : "none: holds all gradients", !isLimited || extra <= 1.2 * saved);
  }

  log("JavaScript per op");
  const overhead = await opOverhead(threads);
  const text = [
    markdown(["what", "measured", "limit", ""], rows),
    "Bytes of live buffers as `device.memory()` counts them, in MiB; scratch of a running kernel is not among them.",
    markdown(
      ["eager op on tiny tensors", "median µs"],
      overhead.map(({ title, micros }) => [title, micros.toFixed(2)]),
    ),
  ].join("\n\n");
  return { text, data: { rows, overhead } };
}

/** Least and most live bytes after a step, once the first ten have set up what stays. */
async function trainingGrowth(steps, threads) {
  const device = await cpu({ threads }).open();
  const step = trainer("lenet5", 64, device);
  const live = [];
  for (let i = 0; i < steps; i++) {
    await step(i);
    if (i >= 10) live.push(device.memory().bytesInUse);
  }
  await device.close();
  return { least: Math.min(...live), most: Math.max(...live) };
}

async function inferencePeak(name, batch, threads) {
  const device = await cpu({ threads }).open();
  const model = createModel(name, { device }).eval();
  const forward = () => {
    const s = scope();
    noGrad(() => model.forward(zeros([batch, ...MODELS[name].input], { device })));
    s.end();
  };
  forward();
  const weights = device.memory().bytesInUse;
  const live = new LiveValues();
  observe((call) => live.add(call), forward);
  device.resetPeak();
  forward();
  const peak = device.memory().peakBytes;
  await device.close();
  return { weights, activations: live.twoLargestBytes(), peak };
}

async function trainingPeak(name, batch, stepping, threads) {
  const device = await cpu({ threads }).open();
  const step = trainer(name, batch, device, STEPS[stepping]);
  await step(0);
  const persistent = device.memory().bytesInUse;
  const saved = new SavedBytes();
  const bytesAfterForward = await step(1, saved);
  device.resetPeak();
  await step(2);
  const peak = device.memory().peakBytes;
  await device.close();
  return { persistent, saved: saved.bytes, held: bytesAfterForward - persistent, peak };
}

/** The two ways to step: while the gradients come, or with all of them. */
const STEPS = {
  backwardStep: (optimizer, loss) => optimizer.backwardStep(loss),
  "backward, then step": (optimizer, loss) => optimizer.step(backward(loss)),
};

/** One step of training on constant data; with `saved`, counting what the tape keeps. Gives the live bytes after forward. */
function trainer(name, batch, device, stepBy = STEPS.backwardStep) {
  const { input, options } = MODELS[name];
  const model = createModel(name, { ...options, device }).train();
  const optimizer = sgd(model, { lr: 1e-3, momentum: 0.9 });
  return async (_, saved) => {
    const s = scope();
    try {
      const x = zeros([batch, ...input], { device });
      const y = tensor(new Int32Array(batch), { dtype: "i32", device });
      const forward = () => crossEntropy(model.forward(x), y);
      const loss = saved ? observe((call) => saved.add(call, new Set(model.stateDict().values())), forward) : forward();
      const bytesAfterForward = device.memory().bytesInUse;
      stepBy(optimizer, loss);
      await loss.data();
      return bytesAfterForward;
    } finally {
      s.end();
    }
  };
}

/** Median µs of one call, on tensors so small that the kernel takes none of it. */
async function opOverhead(threads) {
  const device = await cpu({ threads }).open();
  const x = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { device },
  );
  const image = zeros([1, 1, 1, 1], { device });
  const leaf = requireGrad(
    tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { device },
    ),
  );
  const calls = {
    add: () => add(x, x),
    relu: () => relu(x),
    matmul: () => matmul(x, x),
    "conv2d 1×1": () => conv2d(image, image),
    "add, recorded": () => add(leaf, x),
  };
  const overhead = Object.entries(calls).map(([title, call]) => ({ title, micros: microsOf(call) }));
  await device.close();
  return overhead;
}

function microsOf(call) {
  const [rounds, callsPerScope] = [400, 100];
  const times = Array.from({ length: rounds }, () => {
    const s = scope();
    const start = performance.now();
    for (let i = 0; i < callsPerScope; i++) call();
    s.end();
    return ((performance.now() - start) * 1000) / callsPerScope;
  });
  return median(times.slice(rounds / 4));
}

const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)}`;
