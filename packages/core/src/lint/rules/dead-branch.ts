import { countOf, type Found, type LintRule, ownerOf } from "../rule";
import type { Trace, TracedCall } from "../trace";

/** Results that are computed and dropped. */
export const deadBranch: LintRule = {
  severity: "warning",
  why: "The work is done for nothing, and what the branch would have learned is missing from the output.",
  fix: "Use the result, or don't make the call.",
  find: ({ evaluation, training, graph, trainingGraph }) => {
    if (evaluation.error) return [];
    const alive = graph.upstreamOf([...evaluation.outputs, ...writtenValues(evaluation)]).calls;
    const isDead = (call: TracedCall) => !call.isAlias && !alive.has(call);
    const isDropped = (call: TracedCall) => isDead(call) && call.outputs.every((value) => graph.readersOf(value).length === 0);
    const trained = new Set([...trainingGraph.upstreamOf(training.outputs).calls].map(({ layer }) => layer));
    const branches = evaluation.calls.filter(isDropped).map((end): Found | undefined => {
      const branch = [...graph.upstreamOf(end.outputs).calls].filter(isDead);
      // A part that was cut off and not used is the business of dropped-channels; a constant costs nothing.
      if (branch.every(({ op }) => op === "slice" || op === "fill")) return undefined;
      const path = commonPath(branch.map(({ layer }) => layer)) || end.layer;
      const message = `the result ${path === end.layer ? `of ${end.op} ` : ""}is dropped${costOf(branch, evaluation)}`;
      if (path === "" || !trained.has(end.layer)) return { path, message };
      return { path, message: `at evaluation ${message}`, severity: "note", fix: "Call it in training only." };
    });
    return branches.filter((branch) => branch !== undefined);
  },
};

/** What calls write into, such as running statistics, is kept by the model. */
const writtenValues = ({ calls }: Trace) =>
  calls.flatMap(({ inputs, outputs }) => outputs.filter(({ storage }) => inputs.some((input) => input.storage === storage)));

function costOf(branch: readonly TracedCall[], { parameters }: Trace): string {
  const read = new Set(branch.flatMap(({ inputs }) => inputs.map(({ storage }) => storage)));
  const owned = parameters.filter(({ storage }) => read.has(storage));
  const elements = owned.reduce((sum, { elements }) => sum + elements, 0);
  return elements === 0 ? "" : `, with ${countOf(elements, "parameter")}`;
}

/** The innermost module around all of `paths`. */
function commonPath(paths: readonly string[]): string {
  const isAround = (ancestor: string) => paths.every((path) => path === ancestor || path.startsWith(`${ancestor}.`));
  let path = paths[0] ?? "";
  while (path !== "" && !isAround(path)) path = ownerOf(path);
  return path;
}
