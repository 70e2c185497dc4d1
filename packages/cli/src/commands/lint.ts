import { type LintFinding, type LintReport, lint as lintModel, type Severity, type Tensor } from "@vertebra/core";
import { Classifier } from "@vertebra/models";
import type { Command } from "../commands";
import { formatCount } from "../format";
import type { Output, Style } from "../output";
import { buildShown } from "../shown-module";
import { wrap } from "../wrap";

export const lint: Command<"lint"> = async ({ args, options, output }) => {
  const { name, module: model, input } = buildShown("vertebra lint", args[0] ?? "", options);
  // Auxiliary heads are no part of forward.
  const trainingForward = model instanceof Classifier ? { trainingForward: (x: Tensor) => model.forwardAux(x) } : {};
  const report = lintModel(model, [1, ...input], { name, ...trainingForward });
  output.json(toJson(report));
  if (!output.isJson) printReport(report, output);
  return report.findings.some(({ severity }) => severity !== "note") ? 1 : 0;
};

/** The documented shape, whatever else reports hold. */
const toJson = ({ model, input, params, unusedParams, findings }: LintReport) => ({
  model,
  input,
  params,
  unusedParams,
  findings: findings.map(({ rule, severity, path, message, why, fix }) => ({ rule, severity, path, message, why, fix })),
});

function printReport({ model, input, params, unusedParams, findings }: LintReport, output: Output): void {
  const unused = unusedParams === 0 ? "" : `, ${formatCount(unusedParams)} of them unused`;
  output.say(`  ${output.paint("bold", model)}: ${input.join("×")}, ${formatCount(params)} parameters${unused}`);
  for (const group of groupsOf(findings)) printGroup(group, output);
  output.say();
  output.say(`  ${totals(findings)}`);
}

const STYLES: Readonly<Record<Severity, Style>> = { error: "red", warning: "yellow", note: "cyan" };

/** Findings of one rule and severity, which share the reason and perhaps the fix. */
function groupsOf(findings: readonly LintFinding[]): readonly (readonly [LintFinding, ...LintFinding[]])[] {
  const groups = new Map<string, [LintFinding, ...LintFinding[]]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.rule}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()];
}

function printGroup(group: readonly [LintFinding, ...LintFinding[]], output: Output): void {
  const [{ severity, rule, why, fix }] = group;
  const hasOneFix = group.every((finding) => finding.fix === fix);
  output.say();
  output.say(`  ${output.paint(STYLES[severity], severity)}  ${output.paint("bold", rule)}`);
  for (const finding of group) {
    const text = `${output.paint("cyan", finding.path || "(model)")}: ${finding.message}`;
    printWrapped(text, "    ", output);
    if (!hasOneFix) printWrapped(`fix: ${finding.fix}`, "      ", output);
  }
  printWrapped(`why: ${why}`, "    ", output);
  if (hasOneFix) printWrapped(`fix: ${fix}`, "    ", output);
}

function printWrapped(text: string, indent: string, output: Output): void {
  for (const [i, line] of wrap(text, output.width - indent.length - 2).entries())
    output.say(indent + (i === 0 ? "" : "  ") + line);
}

function totals(findings: readonly LintFinding[]): string {
  const counts = (["error", "warning", "note"] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? "" : "s"}`];
  });
  return counts.length === 0 ? "nothing found" : counts.join(", ");
}
