import { cuda } from "@vertebra/backend-cuda";
import { add, copyInto, noGrad, OutOfMemoryError, tensor } from "@vertebra/core";
import { modelCases, opCases } from "../cuda-cases.mjs";
import { timeCudaOp } from "../cuda-ops.mjs";
import { shown } from "../format.mjs";
import { timeInference, timeStep } from "../model-timing.mjs";
import { timeCalls } from "../timing.mjs";
import { torchPeer } from "../torch-peer.mjs";

const RUNS = { inference: timeInference, step: timeStep };

/** Ops, or models, by the name of the step: with PyTorch on the same GPU behind it. */
export async function run(recorder, { name, isSoftware }) {
  const isOps = name === "cuda-bench-ops";
  const rows = isOps ? opCases(isSoftware) : modelCases(isSoftware);
  const time = isOps ? timeCudaOp : (device, row) => RUNS[row.kind](device, row);
  // TF32 is an option of the device, and two devices on one GPU would share its memory: its rows come last.
  await withDevice({}, async (device) => {
    if (isOps) await timeDevice(recorder, device, isSoftware);
    for (const row of rows.filter(({ precision }) => precision !== "tf32")) await record(recorder, row, device, time);
  });
  const tf32 = rows.filter(({ precision }) => precision === "tf32");
  if (tf32.some(({ key }) => recorder.isOpen(key))) {
    await withDevice({ tf32: true }, async (device, reason) => {
      for (const row of tf32) await record(recorder, row, device, reason ? async () => ({ skipped: reason }) : time);
    });
  }
  await torchPeer(recorder, rows);
}

/** Opens a device for `work`, and closes it. One that hasn't got the options is told to `work` as a reason. */
async function withDevice(options, work) {
  let device;
  try {
    device = await cuda(options).open();
  } catch (error) {
    if (!/option/.test(error.message)) throw error;
    return work(undefined, error.message);
  }
  await work(device);
  await device.close();
}

function record(recorder, row, device, time) {
  return recorder.record(row.key, async () => {
    try {
      return await time(device, row);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      return { skipped: error.message };
    } finally {
      device?.empty();
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
