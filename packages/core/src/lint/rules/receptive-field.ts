import type { Conv2dAttrs } from "../../ops/conv2d";
import { countElements, sizeAt } from "../../shape";
import { fieldsOf } from "../receptive-field";
import type { Found, LintRule } from "../rule";
import { convolutionsOf, type Trace, type TracedCall, type TracedTensor } from "../trace";

/** Convolutions that see more padding than image. */
export const receptiveField: LintRule = {
  severity: "warning",
  why: "Beyond the border is only padding: units there see less image than they could, and weights that meet nothing else do nothing.",
  fix: "Give larger images, use fewer strides before it, or a smaller kernel.",
  find: ({ evaluation }) => [...convolutionsOf(evaluation).flatMap(unseenWeights), ...fieldBeyondInput(evaluation)],
};

function unseenWeights(call: TracedCall): Found[] {
  const [x, weight] = call.inputs as [TracedTensor, TracedTensor];
  const [map, kernel] = [x.shape.slice(2), weight.shape.slice(2)];
  const weights = kernel.reduce((product, taps) => product * taps, 1);
  const unseen = weights - seenTaps(call, 0) * seenTaps(call, 1);
  if (unseen === 0) return [];
  const message = `${unseen} of the ${weights} weights of its ${kernel.join("×")} kernels meet only padding on ${map.join("×")} maps`;
  return [{ path: call.layer, message }];
}

/** How many of a kernel's rows or columns lie on the map for one output at least. */
function seenTaps({ inputs, outputs, attrs }: TracedCall, axis: 0 | 1): number {
  const [size, taps, positions] = [inputs[0], inputs[1], outputs[0]].map((tensor) => tensor?.shape[axis + 2] ?? 0);
  const { stride, padding, dilation } = attrs as Conv2dAttrs;
  const isOnMap = (tap: number, position: number) => {
    const at = position * stride[axis] + tap * dilation[axis] - padding[(2 * axis) as 0 | 2];
    return at >= 0 && at < (size as number);
  };
  const indices = (count: number | undefined) => Array.from({ length: count as number }, (_, i) => i);
  return indices(taps).filter((tap) => indices(positions).some((position) => isOnMap(tap, position))).length;
}

/** Deep networks see past the border by design, so this is for information. Behind global pooling a layer always sees all. */
function fieldBeyondInput(trace: Trace): Found[] {
  const fields = fieldsOf(trace);
  const [, , ...image] = trace.input.shape;
  if (image.length !== 2) return [];
  const seen = convolutionsOf(trace).flatMap(({ layer, inputs, outputs }) => {
    const isPooled = countElements((inputs[0] as TracedTensor).shape.slice(2)) === 1;
    const field = isPooled ? undefined : fields.of(outputs[0] as TracedTensor);
    return field ? [{ layer, size: field.size }] : [];
  });
  const beyond = seen.filter(({ size }) => size[0] > sizeAt(image, 0) || size[1] > sizeAt(image, 1));
  const [first, last] = [beyond[0], beyond.at(-1)];
  if (!first || !last) return [];
  const deepest = last === first ? "" : `; the last convolution, ${last.layer}, sees ${last.size.join("×")}`;
  return [
    {
      path: first.layer,
      severity: "note",
      message: `sees ${first.size.join("×")} pixels of an input of ${image.join("×")}${deepest}`,
      fix: "Nothing, if the images are what the network was made for; else larger images or fewer strides.",
    },
  ];
}
