import { ShapeError, type VertebraError } from "../../errors";
import { Linear } from "../../nn/layers/linear";
import type { Module } from "../../nn/module";
import { type Shape, sizeAt } from "../../shape";
import type { Graph } from "../graph";
import type { Found, LintRule } from "../rule";
import { type Trace, type TracedTensor, traceModel } from "../trace";

/** Images whose maps, laid out as a row of features, don't fit the layer that reads them. */
export const flattenSize: LintRule = {
  severity: "error",
  why: "A linear layer after a flatten fits images of one size: others stop it, or end up as several rows for one image.",
  fix: "Use flatten(x), which keeps one row for each image, and give images of the size that the linear layer was made for.",
  find: ({ model, inputShape, evaluation, graph }) => {
    const mismatch = linearMismatch(model, evaluation);
    if (mismatch) return [wrongFeatures(mismatch, model, inputShape)];
    const { error } = evaluation;
    return isFlattenError(error) ? [refusedMaps(error)] : splitImages(evaluation, graph);
  },
};

/** A model that checks the maps in front of its linear layers by itself. */
export const isFlattenError = (error: VertebraError | undefined): error is ShapeError =>
  error instanceof ShapeError && error.where === "flatten";

const refusedMaps = ({ layer, fields: { rule, got, fix } }: ShapeError): Found => ({
  path: layer ?? "",
  message: `${rule}, got ${got}`,
  ...(fix !== undefined && { fix: `${fix}.` }),
});

/** A Linear that got another number of features than it was made for. */
export interface LinearMismatch {
  readonly path: string;
  readonly layer: Linear;
  readonly got: number;
  /** The maps [N, C, H, W] that were flattened; undefined if the features come from elsewhere. */
  readonly maps: Shape | undefined;
}

export function linearMismatch(model: Module<unknown>, { error, calls }: Trace): LinearMismatch | undefined {
  if (!(error instanceof ShapeError) || error.where !== "linear") return undefined;
  const path = error.layer ?? "";
  const layer = model.namedModules().find(([name]) => name === path)?.[1];
  // Nothing runs between the last call that went well and the one that failed.
  const last = calls.at(-1);
  const features = last?.outputs[0]?.shape.at(-1);
  if (!(layer instanceof Linear) || !last || features === undefined) return undefined;
  const maps = last.isAlias && last.inputs[0]?.shape.length === 4 ? last.inputs[0].shape : undefined;
  return { path, layer, got: features, maps };
}

function wrongFeatures({ path, layer, got, maps }: LinearMismatch, model: Module<unknown>, inputShape: Shape): Found {
  const from = maps ? `${sizeAt(maps, 1)} maps of ${maps.slice(2).join("×")} flatten to ${got}` : `its input has ${got}`;
  const message = `takes ${layer.inFeatures} features, but ${from}`;
  const refit = `make it Linear(${got}, ${layer.outFeatures})`;
  const sides = maps && fittingSides(path, model, inputShape);
  if (!sides) return { path, message, fix: `Change what comes before it, or ${refit}.` };
  const [least, most] = sides;
  const range = least === most ? "" : ` (up to ${most}×${most} works)`;
  return { path, message, fix: `Give images of ${least}×${least}${range}, or ${refit}.` };
}

/** The largest image side that is tried. */
const MOST_SIDE = 2048;

/** The smallest and the largest square image for which `path` gets what it takes: features grow with the image. */
function fittingSides(
  path: string,
  model: Module<unknown>,
  inputShape: Shape,
): readonly [least: number, most: number] | undefined {
  const surplus = (side: number): number => {
    const trace = traceModel(model, [...inputShape.slice(0, 2), side, side]);
    const mismatch = linearMismatch(model, trace);
    if (mismatch?.path === path) return mismatch.got - mismatch.layer.inFeatures;
    const isReached = trace.error === undefined || trace.layers.some((layer) => layer.path === path);
    // What stops earlier has no room for a kernel.
    return isReached ? 0 : -1;
  };
  const least = firstSide((side) => surplus(side) >= 0);
  const most = firstSide((side) => surplus(side) > 0) - 1;
  return least <= most && least <= MOST_SIDE ? [least, most] : undefined;
}

/** The smallest side from which on `holds`, by halving. */
function firstSide(holds: (side: number) => boolean): number {
  let [low, high] = [1, MOST_SIDE + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Reshapes that made more rows, or fewer, than there were images, and whose rows became the output. */
function splitImages({ calls, outputs, input }: Trace, graph: Graph): Found[] {
  const images = sizeAt(input.shape, 0);
  const isKept = outputs.every(({ shape }) => shape.length !== 2 || shape[0] === images);
  if (isKept || input.shape.length !== 4) return [];
  return calls.flatMap(({ inputs, outputs, isAlias, layer }): Found[] => {
    const [x, y] = [inputs[0], outputs[0]] as [TracedTensor, TracedTensor];
    if (!isAlias || x.shape.length !== 4 || y.shape.length !== 2 || x.shape[0] !== images || y.shape[0] === images) return [];
    const path = layer || (graph.readersOf(y).find((reader) => reader.layer !== "")?.layer ?? "");
    const message = `maps ${x.shape.join("×")} are cut into rows of ${y.shape[1]}: ${images} in the batch become ${y.shape[0]} rows`;
    return [{ path, message }];
  });
}
