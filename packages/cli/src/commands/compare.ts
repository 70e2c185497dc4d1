import { findModel, listModels } from "@vertebra/models";
import type { Command } from "../commands";
import { type ComparedModel, compareModels, comparisonSvg } from "../comparison";
import { formatBytes, formatCount, formatScaled } from "../format";
import { factsOf } from "../known-models";
import { UsageError } from "../usage-error";
import { writeAtomically } from "../write-atomically";

export const compare: Command<"compare"> = async ({ args, options, output }) => {
  const names = [...new Set(args.map((name) => factsOf("vertebra compare", name).name))];
  const rows = compareModels(names.length > 0 ? names : listModels().filter(hasAccuracy));
  if (options.svg !== undefined) await draw(rows, options.svg);
  output.json(rows.map(toJson));
  if (output.isJson) return 0;
  const titles = ["model", "parameters", "MACs", "activations", "depth", "top-1"];
  output.table(titles, rows.map(toCells), [1, 2, 3, 4, 5]);
  const sources = new Set(rows.flatMap(({ source }) => source ?? []));
  output.say();
  output.note("For one image of the model's own size. Depth: layers with weights on the longest way through.");
  if (sources.size > 0) output.note(`Top-1 accuracy on ImageNet in percent, from ${[...sources].join("; ")}.`);
  if (options.svg !== undefined) output.say(`  Drawn into ${options.svg}`);
  return 0;
};

/** @throws UsageError where there is nothing to draw. */
async function draw(rows: readonly ComparedModel[], path: string): Promise<void> {
  if (rows.every(({ top1 }) => top1 === undefined)) {
    const got = rows.map(({ model }) => model).join(" ");
    throw new UsageError("vertebra compare", { rule: "--svg needs a model with published accuracy", got });
  }
  await writeAtomically(path, [new TextEncoder().encode(comparisonSvg(rows))]);
}

const hasAccuracy = (name: string): boolean => findModel(name).facts.weights !== undefined;

/** The documented shape, whatever else rows hold. */
const toJson = ({ model, params, macs, activationBytes, depth, top1, source }: ComparedModel) => ({
  model,
  params,
  macs,
  activationBytes,
  depth,
  top1,
  source,
});

const toCells = ({ model, params, macs, activationBytes, depth, top1 }: ComparedModel): string[] => [
  model,
  formatCount(params),
  formatScaled(macs),
  formatBytes(activationBytes),
  String(depth),
  top1 === undefined ? "" : top1.toFixed(2),
];
