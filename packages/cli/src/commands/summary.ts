import { type LayerSummary, type ModelSummary, openMeta, summarize } from "@vertebra/core";
import type { Command } from "../commands";
import { formatBytes, formatCount, formatScaled } from "../format";
import { buildModel, factsOf } from "../known-models";
import type { Output } from "../output";

export const summary: Command<"summary"> = async ({ args, options, output }) => {
  const facts = factsOf("vertebra summary", args[0] ?? "");
  const [inChannels, height, width] = options.inputSize ?? facts.inputShape;
  const model = buildModel(facts.name, { numClasses: options.numClasses ?? facts.numClasses, inChannels }, openMeta());
  const result = summarize(model, [options.batch ?? 1, inChannels, height, width], { name: facts.name });
  output.json(toJson(result));
  if (output.isJson) return 0;
  if (options.format === "torch") output.say(String(model));
  else printSummary(result, output);
  return 0;
};

/** The documented shape, whatever else summaries hold. */
const toJson = ({ model, params, macs, input, output, layers }: ModelSummary) => ({
  model,
  params,
  macs,
  input,
  output,
  layers: layers.map(({ path, type, output, params, macs, activationBytes }) => ({
    path,
    type,
    output,
    params,
    macs,
    activationBytes,
  })),
});

function printSummary({ model, params, macs, input, output: shape, layers }: ModelSummary, output: Output): void {
  const row = ({ path, type, output, params, macs, activationBytes }: LayerSummary) => [
    path || "(model)",
    type,
    output.join("×"),
    params === 0 ? "" : formatCount(params),
    macs === 0 ? "" : formatScaled(macs),
    formatBytes(activationBytes),
  ];
  output.table(["layer", "type", "output", "parameters", "MACs", "activation"], layers.map(row), [3, 4, 5]);
  const activations = layers.reduce((sum, { activationBytes }) => sum + activationBytes, 0);
  output.say();
  output.say(`  ${output.paint("bold", model)}: ${input.join("×")} → ${shape.join("×")}`);
  output.say(`  ${formatCount(params)} parameters, ${formatScaled(macs)} MACs, ${formatBytes(activations)} of activations`);
}
