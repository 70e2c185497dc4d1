import type { GoldenReport, Report } from "@vertebra/parity";
import type { Output } from "./output";

const BAR_WIDTH = 10;
/** Failures printed in full; the rest are in `--json`. */
const MAX_FAILURES = 20;

/** The worst case of each op on each device as a fraction of its bound, then what failed, then the counts. */
export function printReport(report: Report | GoldenReport, output: Output): void {
  output.table(
    ["op", "device", "worst case", "error / bound", ""],
    report.worst.map(({ device, op, case: name, fraction }) => [
      op,
      device,
      name,
      drawFraction(fraction, output),
      fraction <= 1 ? output.paint("green", "✔") : output.paint("red", "✘"),
    ]),
  );
  output.say();
  for (const { message } of report.failures.slice(0, MAX_FAILURES)) output.say(`  ${output.paint("red", "✘")} ${message}`);
  if (report.failures.length > MAX_FAILURES)
    output.say(`  … and ${report.failures.length - MAX_FAILURES} more (--json lists all)`);
  const lacking = "lacking" in report ? report.lacking : [];
  for (const { op, case: name, what } of lacking) output.say(`  ${output.paint("dim", `lacking ${op} ${name}: ${what}`)}`);
  const rest = lacking.length === 0 ? "" : `, ${lacking.length} lacking`;
  output.say(
    `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped${rest} on ${report.devices.join(", ")}`,
  );
}

/** `███░░░░░░░ 0.312`: a full bar is the bound. */
function drawFraction(fraction: number, output: Output): string {
  const filled = Math.min(BAR_WIDTH, Math.ceil(fraction * BAR_WIDTH));
  const bar =
    output.paint(fraction <= 1 ? "cyan" : "red", "█".repeat(filled)) + output.paint("dim", "░".repeat(BAR_WIDTH - filled));
  return `${bar} ${fraction === 0 ? "exact" : fraction.toPrecision(3)}`;
}
