import { listGpus } from "@vertebra/backend-cuda";
import { add, tensor } from "@vertebra/core";
import { device as openDevice } from "vertebra";
import { machineFacts, nvidiaSmi } from "../machine.mjs";
import { vertebra } from "../vertebra.mjs";

export async function run(recorder, { settings, facts }) {
  await recorder.record("machine", async () => ({
    ...machineFacts(),
    driver: settings.driver,
    nvcc: facts.cuda?.nvcc,
    glibc: process.report.getReport().header.glibcVersionRuntime,
  }));
  await recorder.record("nvidia-smi", nvidiaSmi);
  await recorder.record("devices", async () => {
    const devices = await vertebra(["devices", "--json"]);
    const gpu = devices.find(({ name }) => name === "cuda");
    return { ok: gpu.available, devices, brief: gpu.adapter ?? gpu.reason };
  });
  await recorder.record("limits", async () => {
    const gpus = await listGpus();
    return { gpus, brief: gpus.map(({ name, driverVersion }) => `${name}, CUDA ${driverVersion / 1000}`).join("; ") };
  });
  await recorder.record("first sum", firstSum);
}

/** What somebody waits at the very first op: opening, loading and, where there is no machine code for the GPU, compiling its kernels. */
async function firstSum() {
  const start = performance.now();
  const device = await openDevice("cuda");
  const openMs = performance.now() - start;
  const sum = add(tensor([1, 2], { device }), tensor([3, 4], { device }));
  const values = [...(await sum.data())];
  const firstMs = performance.now() - start;
  const { libraries } = device;
  await device.close();
  return { ok: `${values}` === "4,6", values, openMs, firstMs, libraries, brief: `${firstMs.toFixed(0)} ms` };
}
