import { type CpuOptions, cpu } from "@vertebra/backend-cpu";
import type { OpName } from "@vertebra/core";
import { type Report, runOps } from "@vertebra/parity";

/** Runs the conformance kit in this page. */
export async function parity(options: CpuOptions, ops: readonly OpName[] | undefined): Promise<Report & { adapter: string }> {
  const device = await cpu(options).open();
  const report = await runOps([device], ops ? { ops } : {});
  await device.close();
  return { ...report, adapter: device.adapter };
}

Object.assign(globalThis, { parity });
