import { machineFacts, nvidiaSmi } from "../machine.mjs";
import { openGpu } from "../raw-gpu.mjs";
import { vertebra } from "../vertebra.mjs";

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxStorageBuffersPerShaderStage",
  "minSubgroupSize",
  "maxSubgroupSize",
];

export async function run(recorder, { settings, facts }) {
  await recorder.record("machine", async () => ({
    ...machineFacts(),
    dawn: facts.dawn,
    vulkan: { loader: settings.loader, driver: settings.driver },
  }));
  await recorder.record("nvidia-smi", nvidiaSmi);
  await recorder.record("devices", async () => {
    const devices = await vertebra(["devices", "--json"]);
    const gpu = devices.find(({ name }) => name === "webgpu");
    return { ok: gpu.available, devices, brief: gpu.adapter ?? gpu.reason };
  });
  await recorder.record("limits", async () => {
    const { adapter } = await openGpu();
    const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
    const limits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
    const info = { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize };
    return { info, limits, features: [...adapter.features].sort() };
  });
}
