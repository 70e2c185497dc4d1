// The figures of docs/backbones, drawn from the models themselves: sizes, channels and counts are read off them. `pnpm pages` writes
// them, tests/pages.test.ts fails when they are stale.
import { openMeta, summarize } from "@vertebra/core";
import { createModel, findModel, summarizeStages } from "@vertebra/models";
import { comparisonSvg } from "vertebra";
import { mapBoxes } from "vertebra/svg";
import { blockFigures } from "./block-figures.mjs";

/** SVG files by path from the root. `models` are rows of compareModels. */
export function figures(models) {
  const drawn = {
    compare: comparisonSvg(models),
    lenet: byLayer("lenet5_1998"),
    alexnet: byStage("alexnet_2012"),
    vgg: byStage("vgg16"),
    inception: byStage("googlenet"),
    resnet: byStage("resnet50"),
    densenet: byStage("densenet121"),
    efficientnet: byStage("efficientnet_b0"),
    ...blockFigures(),
  };
  return Object.fromEntries(Object.entries(drawn).map(([name, svg]) => [`docs/backbones/figures/${name}.svg`, svg]));
}

/** A model's stages as boxes, with what each one costs. */
function byStage(name) {
  const model = createModel(name, { device: openMeta() });
  const summary = summarize(model, [1, ...findModel(name).facts.inputShape]);
  const boxes = summarizeStages(model, summary).map((stage) => mapBox(stage.name, stage.output, stage));
  return mapBoxes([mapBox("image", summary.input), ...boxes], `${name} by stage`);
}

/** Layers with weights as boxes, for small networks. */
function byLayer(name) {
  const { input, layers } = summarize(createModel(name, { device: openMeta() }), [1, ...findModel(name).facts.inputShape]);
  const boxes = layers.filter(({ params }) => params > 0).map((layer) => mapBox(layer.path, layer.output, layer));
  return mapBoxes([mapBox("image", input), ...boxes], `${name} by layer`);
}

function mapBox(name, [, channels, height = 1, width = height], cost) {
  const size = [channels, ...(height === 1 ? [] : [height, width])].join(" × ");
  const costs = cost ? [`${scaled(cost.params)} weights`, ...(cost.macs > 0 ? [`${scaled(cost.macs)} MACs`] : [])] : [];
  return { channels, side: height, lines: [name, size, ...costs] };
}

/** `3.87 M`. */
function scaled(value) {
  const [factor, unit] = [
    [1e9, " G"],
    [1e6, " M"],
    [1e3, " k"],
  ].find(([least]) => value >= least) ?? [1, ""];
  return `${unit === "" ? value : (value / factor).toPrecision(3)}${unit}`;
}
