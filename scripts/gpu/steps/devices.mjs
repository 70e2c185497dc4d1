import { execFile } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { promisify } from "node:util";
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
const SMI_FIELDS = ["name", "driver_version", "memory.total", "clocks.max.sm", "clocks.max.memory", "power.limit"];

export async function run(recorder, { settings, facts }) {
  await recorder.record("machine", async () => ({
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores`,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
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

async function nvidiaSmi() {
  const args = [`--query-gpu=${SMI_FIELDS.join(",")}`, "--format=csv,noheader"];
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", args, { timeout: 30_000 });
    const gpus = stdout
      .trim()
      .split("\n")
      .map((line) => Object.fromEntries(line.split(", ").map((value, i) => [SMI_FIELDS[i], value])));
    return { gpus, brief: `${gpus[0].name}, driver ${gpus[0].driver_version}` };
  } catch (error) {
    return { skipped: error.code === "ENOENT" ? "no nvidia-smi" : error.message };
  }
}
