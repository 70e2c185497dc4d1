import { unknownName } from "../errors";
import type { Module } from "../nn/module";
import type { Shape } from "../shape";
import type { Tensor } from "../tensor";
import { Graph } from "./graph";
import type { Found, LintRule, LintSubject, Severity } from "./rule";
import { LINT_RULES, type LintRuleName } from "./rules/index";
import { unusedParameters } from "./rules/unused-parameter";
import { traceModel } from "./trace";

/** One place where a model does something that is rarely meant. */
export interface LintFinding {
  readonly rule: LintRuleName;
  readonly severity: Severity;
  /** Path of the layer in checkpoint names; empty for the model's own `forward`. */
  readonly path: string;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
}

export interface LintReport {
  readonly model: string;
  readonly input: Shape;
  readonly params: number;
  /** Elements of the parameters that never reach the output. */
  readonly unusedParams: number;
  /** Errors first, then warnings and notes. */
  readonly findings: readonly LintFinding[];
}

export interface LintOptions {
  /** What the report calls the model. Default: its type. */
  readonly name?: string;
  /** Rules to look at. Default: all. */
  readonly rules?: readonly LintRuleName[];
  /** What training runs, where that is more than `forward`: a method that gives the auxiliary heads' logits too. */
  readonly trainingForward?: (x: Tensor) => unknown;
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];

/**
 * Looks for the traps of a model that runs on an input of `inputShape`: see `LINT_RULES`. The model may be on any device: it runs
 * on shapes alone, at evaluation and in training mode, and neither its weights and statistics nor the random numbers change.
 * A model that stops with an error is a finding as well.
 * @throws ArgumentError naming the nearest for a rule that there isn't.
 */
export function lint(model: Module<unknown>, inputShape: Shape, options: LintOptions = {}): LintReport {
  const known = Object.keys(LINT_RULES) as LintRuleName[];
  const names = options.rules ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName("lint", "rules", unknown, known);
  const evaluation = traceModel(model, inputShape);
  // Batch norm needs two values for a channel in training.
  const [batch, ...sizes] = inputShape;
  const training = traceModel(model, [Math.max(batch ?? 1, 2), ...sizes], { training: true, forward: options.trainingForward });
  const graphs = { graph: new Graph(evaluation), trainingGraph: new Graph(training) };
  const subject: LintSubject = { model, inputShape, evaluation, training, ...graphs };
  const findings = names.flatMap((name) => findingsOf(name, subject));
  return {
    model: options.name ?? model.typeName,
    input: inputShape,
    params: model.parameters().reduce((sum, { elements }) => sum + elements, 0),
    unusedParams: unusedParameters(subject).reduce((sum, { elements }) => sum + elements, 0),
    findings: SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity)),
  };
}

/** What a rule finds; a layer that is called again says the same once. */
function findingsOf(name: LintRuleName, subject: LintSubject): LintFinding[] {
  const rule: LintRule = LINT_RULES[name];
  const isFirst = (one: Found, i: number, all: readonly Found[]) =>
    all.findIndex(({ path, message }) => path === one.path && message === one.message) === i;
  return rule
    .find(subject)
    .filter(isFirst)
    .map(({ path, message, severity = rule.severity, fix = rule.fix }) => ({
      rule: name,
      severity,
      path,
      message,
      why: rule.why,
      fix,
    }));
}
