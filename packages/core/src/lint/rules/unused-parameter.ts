import { countOf, type Found, isWithin, type LintRule, type LintSubject, ownerOf } from "../rule";
import type { TracedParameter } from "../trace";

/** Parameters whose values can't change the output, neither at evaluation nor in training. */
export const unusedParameter: LintRule = {
  severity: "warning",
  why: "Such parameters never get a gradient, but take memory, room in checkpoints and time in the optimizer.",
  fix: "Don't make the layer where it isn't used, or call it in forward.",
  find: (subject) => {
    const unused = unusedParameters(subject);
    const names = new Set(unused.map(({ name }) => name));
    const isUnused = (path: string) =>
      subject.evaluation.parameters.every(({ name }) => names.has(name) || !isWithin(name, path));
    const inDeadBranch = deadReads(subject);
    const groups = new Map<string, TracedParameter[]>();
    for (const parameter of unused.filter(({ name }) => !inDeadBranch.has(name))) {
      const path = outermost(ownerOf(parameter.name), isUnused);
      groups.set(path, [...(groups.get(path) ?? []), parameter]);
    }
    return [...groups].map(([path, parameters]) => found(path, parameters, subject));
  },
};

/** Each value once, in the model's order. */
export function unusedParameters({ evaluation, training, graph, trainingGraph }: LintSubject): readonly TracedParameter[] {
  if (evaluation.error || training.error) return [];
  const used = new Set(
    [graph, trainingGraph].flatMap(({ trace, upstreamOf }) => {
      const { values } = upstreamOf(trace.outputs);
      return trace.parameters.filter(({ storage }) => values.has(storage)).map(({ name }) => name);
    }),
  );
  const isFirst = ({ storage }: TracedParameter, i: number) =>
    evaluation.parameters.findIndex((other) => other.storage === storage) === i;
  return evaluation.parameters.filter(isFirst).filter(({ name }) => !used.has(name));
}

/** Names of parameters that were read at evaluation: where they reach no output, `dead-branch` says so. */
const deadReads = ({ evaluation, graph }: LintSubject): ReadonlySet<string> =>
  new Set(evaluation.parameters.filter((parameter) => graph.readersOf(parameter).length > 0).map(({ name }) => name));

/** The outermost module around `path` of which nothing is used. */
function outermost(path: string, isUnused: (path: string) => boolean): string {
  const owner = ownerOf(path);
  return owner !== "" && isUnused(owner) ? outermost(owner, isUnused) : path;
}

function found(path: string, parameters: readonly TracedParameter[], { evaluation, training }: LintSubject): Found {
  const elements = parameters.reduce((sum, { elements }) => sum + elements, 0);
  const isCalled = [...evaluation.layers, ...training.layers].some((layer) => layer.path !== "" && isWithin(layer.path, path));
  const names = parameters.map(({ name }) => name.slice(path === "" ? 0 : path.length + 1)).join(", ");
  const reason = isCalled ? `${names} without a way to the output` : "never called";
  return { path, message: `${countOf(elements, "parameter")} that never reach the output: ${reason}` };
}
