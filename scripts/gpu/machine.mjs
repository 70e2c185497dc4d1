// What every result needs beside it: the machine, and what NVIDIA's own tool says of its GPUs.
import { execFile } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { promisify } from "node:util";

const SMI_FIELDS = [
  "name",
  "driver_version",
  "memory.total",
  "clocks.max.sm",
  "clocks.max.memory",
  "clocks.sm",
  "clocks.mem",
  "power.limit",
  "mig.mode.current",
];

export const machineFacts = () => ({
  date: new Date().toISOString().slice(0, 10),
  processor: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores`,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
});

export async function nvidiaSmi() {
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
