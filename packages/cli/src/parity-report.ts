import type { GoldenReport, Report } from "@vertebra/parity";
import type { Output } from "./output";

const BAR_WIDTH = 10;
/** Failures printed in full; the rest are in `--json`. */
const MAX_FAILURES = 20;

/** The worst case of each op as a fraction of its bound, on several devices side by side; then what failed, then the counts. */
export function printReport(report: Report | GoldenReport, output: Output): void {
  if (report.devices.length > 1) printMatrix(report, output);
  else printWorst(report, output);
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

/** A row per op with its worst case. */
function printWorst({ worst }: Report | GoldenReport, output: Output): void {
  output.table(
    ["op", "device", "worst case", "error / bound", ""],
    worst.map(({ device, op, case: name, fraction }) => [
      op,
      device,
      name,
      drawFraction(fraction, output),
      mark(fraction, output),
    ]),
  );
}

/** A row per op, a column per device: the worst error as a fraction of its bound. */
function printMatrix({ devices, worst }: Report | GoldenReport, output: Output): void {
  const rows = new Map<string, Map<string, number>>();
  for (const { op, device, fraction } of worst) rows.set(op, (rows.get(op) ?? new Map()).set(device, fraction));
  const cell = (fraction: number | undefined): string =>
    fraction === undefined ? output.paint("dim", "–") : `${drawFraction(fraction, output)} ${mark(fraction, output)}`;
  output.table(
    ["error / bound", ...devices],
    [...rows].map(([op, own]) => [op, ...devices.map((device) => cell(own.get(device)))]),
  );
}

const mark = (fraction: number, output: Output): string =>
  fraction <= 1 ? output.paint("green", "✔") : output.paint("red", "✘");

/** `███░░░░░░░ 0.312`: a full bar is the bound. */
function drawFraction(fraction: number, output: Output): string {
  const filled = Math.min(BAR_WIDTH, Math.ceil(fraction * BAR_WIDTH));
  const bar =
    output.paint(fraction <= 1 ? "cyan" : "red", "█".repeat(filled)) + output.paint("dim", "░".repeat(BAR_WIDTH - filled));
  return `${bar} ${fraction === 0 ? "exact" : fraction.toPrecision(3)}`;
}
