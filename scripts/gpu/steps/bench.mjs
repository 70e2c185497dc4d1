import { add, conv2d, matmul, noGrad, Philox, relu, scope, tensor } from "@vertebra/core";
import { device as openDevice } from "vertebra";
import { opCases } from "../bench-cases.mjs";
import { shown } from "../format.mjs";
import { modelCase } from "../model-cases.mjs";
import { timeModel } from "../model-timing.mjs";
import { copyGigabytes, peakGflops } from "../raw-gpu.mjs";
import { sampledError } from "../sampled.mjs";
import { timeCalls } from "../timing.mjs";
import { torchPeer } from "../torch-peer.mjs";

/** Errors of f32 sums of some thousand terms stay far below, wrong kernels above. */
const MOST_ERROR = 1e-3;

/** What a GPU has hardly begun with when it is over: the host's part. */
const LENET = modelCase("lenet5", { kind: "step", batch: 64, precision: "f32" });

/** The device's own rates, ops and the smallest of models; the others have a step of their own. */
export async function run(recorder, { isSoftware }) {
  await recorder.record("peak f32", async () => {
    if (isSoftware) return { skipped: "a processor plays the GPU" };
    const gflops = await peakGflops();
    return { gflops, brief: `${shown(gflops)} GFLOP/s` };
  });
  await recorder.record("copy bandwidth", async () => {
    if (isSoftware) return { skipped: "a processor plays the GPU" };
    const gigabytes = await copyGigabytes();
    return { gigabytes, brief: `${shown(gigabytes)} GB/s` };
  });
  const device = await openDevice("webgpu");
  await recorder.record("javascript per op", () => scriptPerOp(device));
  const ops = opCases(isSoftware);
  for (const row of ops) await recorder.record(row.key, () => timeOp(device, row));
  await recorder.record(LENET.key, () => timeModel(device, LENET));
  await torchPeer(recorder, [...ops, LENET], { isSoftware });
}

/** The backend's own part of an op: on tensors so small that the device is never waited for. */
async function scriptPerOp(device) {
  const own = scope();
  const x = tensor(new Float32Array(16), { shape: [4, 4], device });
  const image = tensor(new Float32Array(16), { shape: [1, 1, 4, 4], device });
  const weight = tensor(new Float32Array(1), { shape: [1, 1, 1, 1], device });
  const runs = {
    add: () => add(x, x),
    relu: () => relu(x),
    matmul: () => matmul(x, x),
    "conv2d 1×1": () => conv2d(image, weight),
  };
  const micros = {};
  for (const [name, fn] of Object.entries(runs)) micros[name] = (await timeCalls(device, () => noGrad(fn))).scriptMicrosPerOp;
  own.end();
  return {
    micros,
    brief: Object.entries(micros)
      .map(([name, value]) => `${name} ${shown(value)} µs`)
      .join(", "),
  };
}

async function timeOp(device, row) {
  const random = new Philox(1);
  const [x, weight] = [row.x, row.weight].map((shape) => random.normalArray(shape.reduce((a, b) => a * b)));
  const own = scope();
  const left = tensor(x, { shape: row.x, device });
  const right = tensor(weight, { shape: row.weight, device });
  const call = () => noGrad(() => (row.kind === "matmul" ? matmul(left, right) : conv2d(left, right, undefined, row.attrs)));
  const farthest = sampledError(row, x, weight, await call().data());
  const times = await timeCalls(device, call);
  own.end();
  const ms = times.gpuMs ?? times.ms;
  const gflops = (2 * row.macs) / ms / 1e6;
  return {
    ok: farthest <= MOST_ERROR,
    ...times,
    gflops,
    sampledError: farthest,
    brief: `${shown(ms)} ms, ${shown(gflops)} GFLOP/s`,
  };
}
