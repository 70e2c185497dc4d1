import { cuda, record, tune } from "@vertebra/backend-cuda";
import { add, copyInto, noGrad, OutOfMemoryError, tensor } from "@vertebra/core";
import { opCases } from "../cuda-cases.mjs";
import { timeCudaOp } from "../cuda-ops.mjs";
import { shown } from "../format.mjs";
import { CUDA_PRECISIONS, LARGE, MORE, modelCases, RESNETS } from "../model-cases.mjs";
import { timeModel } from "../model-timing.mjs";
import { timeAnswers, timeCalls } from "../timing.mjs";
import { torchPeer } from "../torch-peer.mjs";

const models = (names) => ({
  rows: (isSmall) => modelCases(names, { precisions: CUDA_PRECISIONS, isSmall }),
  time: timeModel,
});
/** What a step measures, by its name. */
const STEPS = {
  "cuda-bench-models": models(RESNETS),
  "cuda-bench-models-more": models(MORE),
  "cuda-bench-models-large": models(LARGE),
  "cuda-bench-ops": { rows: opCases, time: timeCudaOp },
};

/** What stands behind the key of a row that libraries may be used in; the peer's row is the one without. */
const WITH_LIBRARIES = ", libraries";
/** And of a row without the instructions of compute capability 9.0, where the GPU has them. */
const WITHOUT_WARPGROUPS = ", mma.sync";

/** Rows measured on a device with these options. TF32 is an option of the device, and so are NVIDIA's libraries. */
const PASSES = [
  { options: { vendor: false }, takes: ({ precision }) => precision !== "tf32" },
  { options: { vendor: true }, suffix: WITH_LIBRARIES, takes: ({ precision, bytes }) => precision !== "tf32" && !bytes },
  { options: { vendor: false, tf32: true }, takes: ({ precision }) => precision === "tf32" },
  { options: { vendor: true, tf32: true }, suffix: WITH_LIBRARIES, takes: ({ precision }) => precision === "tf32" },
  {
    options: { vendor: false, warpgroups: false },
    suffix: WITHOUT_WARPGROUPS,
    takes: ({ precision, macs }) => macs && ["bf16", "f16"].includes(precision),
    isFor: ({ adapter }) => adapter.endsWith("compute capability 9.0"),
  },
];

/** Ops, or models, by the name of the step: with our own kernels, with NVIDIA's libraries where they are faster, and PyTorch behind both. */
export async function run(recorder, { name, isSoftware }) {
  const rows = STEPS[name].rows(isSoftware);
  const isOps = name === "cuda-bench-ops";
  // Two devices on one GPU would share its memory: one pass behind the other.
  for (const [i, { options, suffix = "", takes, isFor = () => true }] of PASSES.entries()) {
    const own = rows.filter(takes).map((row) => ({ ...row, key: `${row.key}${suffix}` }));
    const isFirst = i === 0;
    if (!own.some(({ key }) => recorder.isOpen(key)) && !isFirst) continue;
    const device = await cuda(options).open();
    const { libraries } = device;
    if (!isFor(device)) {
      await device.close();
      continue;
    }
    if (isOps && isFirst) await timeDevice(recorder, device, isSoftware);
    const reason =
      options.vendor && libraries.every((line) => !/^(cuBLASLt|cuDNN) \d/.test(line)) ? libraries.join("; ") : undefined;
    const time = reason ? async () => ({ skipped: reason }) : STEPS[name].time;
    for (const row of own) await measure(recorder, row, device, { time, isSoftware });
    await device.close();
  }
  await torchPeer(recorder, rows, { isSoftware });
}

/** Calls are recorded where the host would be what takes longest. A processor that plays the GPU would compare its libraries for minutes in a model. */
const hooksFor = (device, { key, batch }, isSoftware) => ({
  ...(key.endsWith(WITH_LIBRARIES) && !(isSoftware && batch) && { prepare: (call) => tune(device, call) }),
  ...(batch === 1 && { replay: (call) => timeReplay(device, call) }),
});

async function timeReplay(device, call) {
  const recording = record(device, call);
  const replay = () => recording.replay();
  const { ms, gpuMs } = await timeCalls(device, replay);
  const answerMs = await timeAnswers(device, () => {
    replay();
    return recording.result;
  });
  recording.dispose();
  return { replayed: { ms, gpuMs, answerMs } };
}

function measure(recorder, row, device, { time, isSoftware }) {
  return recorder.record(row.key, async () => {
    try {
      return await time(device, row, hooksFor(device, row, isSoftware));
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      return { skipped: error.message };
    } finally {
      device.empty();
    }
  });
}

/** What everything else is measured against: launches, and copies in memory. */
async function timeDevice(recorder, device, isSoftware) {
  await recorder.record("launch", async () => {
    const x = tensor(new Float32Array(16), { device });
    const { ms, gpuMs, scriptMicrosPerOp } = await timeCalls(device, () => noGrad(() => add(x, x)));
    x.dispose();
    const micros = { wall: 1000 * ms, gpu: 1000 * gpuMs, javascript: scriptMicrosPerOp };
    return { micros, brief: `${shown(micros.wall)} µs, ${shown(micros.gpu)} of them on the GPU` };
  });
  await recorder.record("copy bandwidth", async () => {
    const elements = isSoftware ? 1 << 12 : 1 << 27;
    const [from, to] = [0, 1].map(() => tensor(new Float32Array(elements), { device }));
    const { gpuMs } = await timeCalls(device, () => copyInto(to, from));
    from.dispose();
    to.dispose();
    const gigabytes = (8 * elements) / gpuMs / 1e6;
    return { gigabytes, brief: `${shown(gigabytes)} GB/s` };
  });
}
