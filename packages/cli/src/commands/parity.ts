import { type Device, type OpName, OPS, unknownName } from "@vertebra/core";
import { type Report, runOps } from "@vertebra/parity";
import type { Command } from "../commands";
import { device } from "../devices";
import { printReport } from "../parity-report";
import { asUsageError } from "../usage-error";

export const parity: Command<"parity"> = async ({ options, output }) => {
  const ops = options.ops?.map((name) => requireOp(name));
  const devices: Device[] = [];
  try {
    for (const name of options.devices ?? [options.device ?? "auto"]) devices.push(await device(name, options));
    let done = 0;
    const report: Report = await runOps(devices, {
      ...(ops && { ops }),
      onCase: ({ op, case: name }) => output.live(`${++done} cases  ${op} ${name}`.slice(0, output.width - 1)),
    });
    output.json(report);
    if (!output.isJson) printReport(report, output);
    return report.failed === 0 ? 0 : 1;
  } finally {
    for (const opened of devices) await opened.close();
  }
};

function requireOp(name: string): OpName {
  if (Object.hasOwn(OPS, name)) return name as OpName;
  throw asUsageError(unknownName("vertebra parity", "--ops", name, Object.keys(OPS)));
}
