import { networkDepth, openMeta, summarize } from "@vertebra/core";
import { createModel, findModel, type ModelFamily } from "@vertebra/models";
import { formatCount, formatScaled } from "./format";
import { scatter } from "./svg/scatter";
import { wrap } from "./wrap";

/** What sets a model apart from others, counted, and the accuracy published for it. */
export interface ComparedModel {
  readonly model: string;
  readonly family: ModelFamily;
  readonly params: number;
  /** Multiply-accumulates for one image of the published size. */
  readonly macs: number;
  /** Bytes of all layers' outputs for one image. */
  readonly activationBytes: number;
  /** Layers with weights on the longest way through (`networkDepth`). */
  readonly depth: number;
  /** Percent on ImageNet's validation set. */
  readonly top1?: number;
  /** Table that the accuracy is from. */
  readonly source?: string;
}

/** Counts on the meta device, in milliseconds. @throws ArgumentError for an unknown name. */
export function compareModels(names: readonly string[]): ComparedModel[] {
  return names.map((name) => {
    const { family, inputShape, weights } = findModel(name).facts;
    const model = createModel(name, { device: openMeta() });
    const input = [1, ...inputShape];
    const { params, macs, layers } = summarize(model, input);
    const activationBytes = layers.reduce((sum, layer) => sum + layer.activationBytes, 0);
    const depth = networkDepth(model, input);
    const published = weights ? { top1: weights.top1, source: weights.source } : {};
    return { model: name, family, params, macs, activationBytes, depth, ...published };
  });
}

const NOTE_WIDTH = 130;
const SIZES = [
  [5e6, "5 M"],
  [25e6, "25 M"],
  [100e6, "100 M parameters"],
] as const;

/** Accuracy over multiply-accumulates as an SVG file, dots after parameters; models without published accuracy stand below. */
export function comparisonSvg(rows: readonly ComparedModel[]): string {
  const points = rows.flatMap(({ model, family, params, macs, top1 }) =>
    top1 === undefined ? [] : [{ label: model, x: macs / 1e9, y: top1, size: params, group: family }],
  );
  const others = rows.filter(({ top1 }) => top1 === undefined);
  const shown = others.map(
    ({ model, params, macs }) => `${model} (${formatCount(params)} parameters, ${formatScaled(macs)} MACs)`,
  );
  return scatter(points, {
    title: "Top-1 accuracy over multiply-accumulates, dots by parameters",
    x: { title: "multiply-accumulates for one image, in 10⁹", format: String },
    y: { title: "top-1 on ImageNet, %", format: String },
    sizes: SIZES,
    notes: others.length === 0 ? [] : wrap(`Without published accuracy: ${shown.join(", ")}.`, NOTE_WIDTH),
  });
}
