import { webgpu } from "@vertebra/backend-webgpu";
import { type Device, sgd } from "@vertebra/core";
import { type ModelCase, type Report, type RunOptions, runModels, runOps, runTraining } from "@vertebra/parity";
import { modelCase } from "../model-case";

/** What the test asks of this page. */
export interface WebgpuPage {
  /** Runs cases of the conformance kit: all ops where none are named. */
  parity(ops?: RunOptions["ops"]): Promise<Report>;
  /** A training step, logits with and without fused kernels, and for the first model twenty steps of training. */
  models(names: readonly string[]): Promise<Report[]>;
  /** The adapter's name and features. */
  describe(): Promise<readonly string[]>;
}

async function onDevice<T>(fn: (device: Device) => Promise<T>): Promise<T> {
  const device = await webgpu().open();
  try {
    return await fn(device);
  } finally {
    await device.close();
  }
}

const page: WebgpuPage = {
  parity: (ops) => onDevice((device) => runOps([device], ops ? { ops } : {})),
  models: (names) =>
    onDevice(async (device) => {
      const cases = names.map(modelCase);
      const training = {
        ...(cases[0] as ModelCase),
        optimizer: (model: Parameters<typeof sgd>[0]) => sgd(model, { lr: 0.01, momentum: 0.9 }),
      };
      return [await runModels([device], cases), await runTraining([device], [training])];
    }),
  describe: () => onDevice(async (device) => [device.adapter, ...device.features]),
};

Object.assign(globalThis, { page });
