import {
  type LayerSummary,
  type ModelSummary,
  type Module,
  observeLayers,
  type Shape,
  summarize,
  type Tensor,
} from "@vertebra/core";
import { Classifier } from "./classifier";
import { treeLayers } from "./stages";

/** Totals over the layers of a stage, the head, or (of a module without stages) a direct child. */
export interface StageSummary {
  readonly name: string;
  /** The map that a stage ends in; else that of the last layer. */
  readonly output: Shape;
  readonly params: number;
  readonly macs: number;
  /** Bytes of all outputs. */
  readonly activationBytes: number;
}

/** A summary's layers added up by stage, in the order of the network; what belongs to no stage is the head. */
export function summarizeStages(model: Module<unknown>, { layers, input }: ModelSummary): StageSummary[] {
  const stageOf = model instanceof Classifier ? stagesByPath(model) : childOf;
  const totals = new Map<string, StageSummary>();
  let current = "";
  for (const layer of layers) {
    // A layer that is no child of the model (an activation that a file shares) goes with the one before.
    if (layer.path !== "") current = stageOf(layer.path);
    totals.set(current, plusLayer(totals.get(current), current, layer));
  }
  const maps = model instanceof Classifier ? mapShapes(model, input) : new Map<string, Shape>();
  return [...totals.values()].map((total) => ({ ...total, output: maps.get(total.name) ?? total.output }));
}

function plusLayer(total: StageSummary | undefined, name: string, layer: LayerSummary): StageSummary {
  const { output } = layer;
  const add = (key: "params" | "macs" | "activationBytes") => (total?.[key] ?? 0) + layer[key];
  return { name, output, params: add("params"), macs: add("macs"), activationBytes: add("activationBytes") };
}

/** Of the maps that stages end in: where branches meet, the last layer's isn't it. */
function mapShapes(model: Classifier, input: Shape): ReadonlyMap<string, Shape> {
  const pyramid = model.features();
  const maps: Shape[] = [];
  observeLayers(
    ({ module, output }) => {
      if (module === pyramid) maps.push(...(output as readonly Tensor[]).map(({ shape }) => shape));
    },
    () => summarize(pyramid, input),
  );
  return new Map(pyramid.stages.map((name, i) => [name, maps[i] as Shape]));
}

const childOf = (path: string): string => path.split(".")[0] as string;

/** The name of the stage that a layer is in, by its path. */
function stagesByPath(model: Classifier): (path: string) => string {
  const paths = new Map(model.namedModules().map(([path, module]) => [module, path]));
  const tree = new Set(paths.keys());
  const prefixes = model
    .stages()
    .flatMap(({ name, steps }) => treeLayers(steps, tree).map((layer) => [paths.get(layer) ?? "", name] as const))
    .filter(([prefix]) => prefix !== "");
  return (path) => prefixes.find(([prefix]) => path === prefix || path.startsWith(`${prefix}.`))?.[1] ?? "head";
}
