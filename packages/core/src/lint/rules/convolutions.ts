import type { Conv2dAttrs } from "../../ops/conv2d";
import { sizeAt } from "../../shape";
import { countOf, type Found, type LintRule } from "../rule";
import { convolutionsOf, type TracedCall, type TracedTensor } from "../trace";

/** A convolution's bias whose only reader is a batch norm. */
export const biasBeforeNorm: LintRule = {
  severity: "warning",
  why: "Batch norm takes each channel's mean away, and the bias with it: its gradient is 0, and the norm has a bias of its own.",
  fix: "Make the convolution with bias: false.",
  find: ({ training, trainingGraph: { readersOf, isOutput } }) =>
    convolutionsOf(training).flatMap(({ inputs, outputs, layer }): Found[] => {
      const [bias, y] = [inputs[2], outputs[0] as TracedTensor];
      const readers = readersOf(y);
      const isNormed = readers.length > 0 && readers.every(({ op }) => op === "batchNormTrain") && !isOutput(y);
      if (!bias || !isNormed) return [];
      const norm = readers[0]?.layer ?? "";
      return [{ path: layer, message: `${countOf(sizeAt(bias.shape, 0), "bias value")} directly before batch norm ${norm}` }];
    }),
};

/** Padding wider than the kernel reaches: the outermost outputs see nothing else. */
export const paddedPointwise: LintRule = {
  severity: "warning",
  why: "The map grows by a border that saw no pixel and is the bias alone; every later layer computes on it.",
  fix: "Use padding: 0.",
  find: ({ evaluation }) =>
    convolutionsOf(evaluation).flatMap((call): Found[] => {
      if (!hasEmptyBorder(call, 0) && !hasEmptyBorder(call, 1)) return [];
      const { padding } = call.attrs as Conv2dAttrs;
      const sides = padding.every((size) => size === padding[0]) ? `${padding[0]}` : padding.join(", ");
      const sizes = [call.inputs[0], call.inputs[1], call.outputs[0]].map((tensor) => tensor?.shape.slice(2).join("×"));
      const [before, kernel, after] = sizes;
      return [{ path: call.layer, message: `padding ${sides} on a ${kernel} kernel: ${before} becomes ${after}` }];
    }),
};

/** True if the first or the last output along an axis reads padding alone. */
function hasEmptyBorder({ inputs, outputs, attrs }: TracedCall, axis: 0 | 1): boolean {
  const [size, taps, positions] = [inputs[0], inputs[1], outputs[0]].map((tensor) => tensor?.shape[axis + 2] ?? 0);
  const { stride, padding, dilation } = attrs as Conv2dAttrs;
  const before = padding[(2 * axis) as 0 | 2];
  const firstEnds = dilation[axis] * ((taps as number) - 1) - before;
  const lastStarts = ((positions as number) - 1) * stride[axis] - before;
  return firstEnds < 0 || lastStarts >= (size as number);
}
