import {
  type LayerSummary,
  type ModelSummary,
  type ReceptiveField,
  receptiveFields,
  type Shape,
  summarize,
} from "@vertebra/core";
import { type StageSummary, summarizeStages } from "@vertebra/models";
import type { Command } from "../commands";
import { formatBytes, formatCount, formatScaled } from "../format";
import type { Output } from "../output";
import { buildShown } from "../shown-module";

export const summary: Command<"summary"> = async ({ args, options, output }) => {
  const { name, module: model, input: image } = buildShown("vertebra summary", args[0] ?? "", options);
  const input = [options.batch ?? 1, ...image];
  const result = summarize(model, input, { name });
  const shown = { ...result, stages: summarizeStages(model, result), fields: receptiveFields(model, input) };
  output.json(toJson(shown));
  if (output.isJson) return 0;
  if (options.format === "torch") output.say(String(model));
  else printSummary(shown, output);
  return 0;
};

interface Shown extends ModelSummary {
  readonly stages: readonly StageSummary[];
  readonly fields: ReadonlyMap<string, ReceptiveField>;
}

/** The documented shape, whatever else summaries hold. */
const toJson = ({ model, params, macs, input, output, layers, stages, fields }: Shown) => ({
  model,
  params,
  macs,
  input,
  output,
  stages: stages.map(({ name, output, params, macs, activationBytes }) => ({ name, output, params, macs, activationBytes })),
  layers: layers.map(({ path, type, output, params, macs, activationBytes }) => ({
    path,
    type,
    output,
    params,
    macs,
    activationBytes,
    receptiveField: fieldOf(fields, path, output)?.size ?? null,
  })),
});

/** Of a map; what isn't one sees all or has no place. */
const fieldOf = (fields: Shown["fields"], path: string, output: Shape): ReceptiveField | undefined =>
  output.length === 4 ? fields.get(path) : undefined;

function printSummary({ model, params, macs, input, output: shape, layers, stages, fields }: Shown, output: Output): void {
  const row = (layer: LayerSummary) => [
    layer.path || "(model)",
    layer.type,
    ...numbersOf(layer),
    formatField(fieldOf(fields, layer.path, layer.output)),
  ];
  const titles = ["output", "parameters", "MACs", "activation"];
  output.table(["layer", "type", ...titles, "sees"], layers.map(row), [3, 4, 5, 6]);
  output.say();
  const stageRow = (stage: StageSummary) => [stage.name, ...numbersOf(stage)];
  output.table(["stage", ...titles], stages.map(stageRow), [2, 3, 4]);
  const activations = layers.reduce((sum, { activationBytes }) => sum + activationBytes, 0);
  output.say();
  output.say(`  ${output.paint("bold", model)}: ${input.join("×")} → ${shape.join("×")}`);
  const idle = params - layers.reduce((sum, layer) => sum + layer.params, 0);
  const ofThem = idle === 0 ? "" : ` (${formatCount(idle)} of them in layers that evaluation leaves out)`;
  output.say(
    `  ${formatCount(params)} parameters${ofThem}, ${formatScaled(macs)} MACs, ${formatBytes(activations)} of activations`,
  );
}

const numbersOf = ({ output, params, macs, activationBytes }: LayerSummary | StageSummary): string[] => [
  output.join("×"),
  params === 0 ? "" : formatCount(params),
  macs === 0 ? "" : formatScaled(macs),
  formatBytes(activationBytes),
];

/** Pixels of the image that one position of a map depends on. */
function formatField(field: ReceptiveField | undefined): string {
  if (!field) return "";
  const [height, width] = field.size;
  return height === width ? `${height}²` : `${height}×${width}`;
}
