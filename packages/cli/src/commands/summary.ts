import { type LayerSummary, type ModelSummary, type ReceptiveField, summarize } from "@vertebra/core";
import { type StageSummary, summarizeStages } from "@vertebra/models";
import type { Command } from "../commands";
import { formatBytes, formatCount, formatScaled } from "../format";
import type { Output } from "../output";
import { buildShown } from "../shown-module";

export const summary: Command<"summary"> = async ({ args, options, output }) => {
  const { name, module: model, input: image } = buildShown("vertebra summary", args[0] ?? "", options);
  const input = [options.batch ?? 1, ...image];
  const result = summarize(model, input, { name });
  const shown = { ...result, stages: summarizeStages(model, result) };
  output.json(toJson(shown));
  if (output.isJson) return 0;
  if (options.format === "torch") output.say(String(model));
  else printSummary(shown, output);
  return 0;
};

interface Shown extends ModelSummary {
  readonly stages: readonly StageSummary[];
}

/** The documented shape, whatever else summaries hold. */
const toJson = ({ model, params, macs, input, output, layers, stages }: Shown) => ({
  model,
  params,
  macs,
  input,
  output,
  stages: stages.map(({ name, output, params, macs, activationBytes }) => ({ name, output, params, macs, activationBytes })),
  layers: layers.map(({ path, type, output, params, macs, activationBytes, receptiveField }) => ({
    path,
    type,
    output,
    params,
    macs,
    activationBytes,
    receptiveField: receptiveField?.size ?? null,
  })),
});

function printSummary({ model, params, macs, input, output: shape, layers, stages }: Shown, output: Output): void {
  const row = (layer: LayerSummary) => [
    // A layer that is none of the model's children, such as an activation that a file shares.
    layer.path || `(${layer.type})`,
    layer.type,
    ...numbersOf(layer, input[0]),
    formatField(layer.receptiveField),
  ];
  const titles = ["output", "params", "MACs", "activation"];
  const right = [...titles.slice(1), "sees"];
  output.fittedTable(["layer", "type", ...titles, "sees"], layers.map(row), { right, spare: ["sees", "activation", "type"] });
  // The stages of a block of plain layers are these once more.
  const hasStages = stages.some(({ name }) => layers.every(({ path }) => path !== name));
  if (hasStages) {
    output.say();
    const stageRow = (stage: StageSummary) => [stage.name, ...numbersOf(stage, input[0])];
    output.table(["stage", ...titles], stages.map(stageRow), [2, 3, 4]);
  }
  const activations = layers.reduce((sum, { activationBytes }) => sum + activationBytes, 0);
  output.say();
  output.say(`  ${output.paint("bold", model)}: ${input.join("×")} → ${shape.join("×")}`);
  const idle = params - layers.reduce((sum, layer) => sum + layer.params, 0);
  const ofThem = idle === 0 ? "" : ` (${formatCount(idle)} of them in layers that evaluation leaves out)`;
  output.note(
    `${formatCount(params)} parameters${ofThem}, ${formatScaled(macs)} MACs, ${formatBytes(activations)} of activations`,
  );
}

/** Of one image, the output without the batch. */
const numbersOf = (
  { output, params, macs, activationBytes }: LayerSummary | StageSummary,
  batch: number | undefined,
): string[] => [
  (batch === 1 && output[0] === 1 && output.length > 1 ? output.slice(1) : output).join("×"),
  params === 0 ? "" : formatCount(params),
  macs === 0 ? "" : formatScaled(macs),
  formatBytes(activationBytes),
];

/** Pixels of the image that one position of a map depends on. */
function formatField(field: ReceptiveField | null): string {
  if (!field) return "";
  const [height, width] = field.size;
  return height === width ? `${height}²` : `${height}×${width}`;
}
