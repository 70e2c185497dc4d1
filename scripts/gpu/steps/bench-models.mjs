import { OutOfMemoryError } from "@vertebra/core";
import { device as openDevice } from "vertebra";
import { LARGE, MORE, modelCases, RESNETS } from "../model-cases.mjs";
import { timeModel } from "../model-timing.mjs";

/** A processor that plays the GPU compiles the kernels of each further one for a minute. */
const SAMPLE = ["resnet18"];

/** WebGPU's rows of the models: in f32, which is what it computes in. What PyTorch takes for them, CUDA's steps measure. */
export async function run(recorder, { isSoftware }) {
  const device = await openDevice("webgpu");
  const models = isSoftware ? SAMPLE : [...RESNETS, ...MORE, ...LARGE];
  for (const row of modelCases(models, { precisions: ["f32"], isSmall: isSoftware })) {
    await recorder.record(row.key, () => timed(device, row));
    await device.sync();
  }
}

async function timed(device, row) {
  try {
    return await timeModel(device, row);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    return { skipped: error.message };
  }
}
