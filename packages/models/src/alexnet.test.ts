import { openMeta, scope, zeros } from "@vertebra/core";
import { expect, test } from "vitest";
import { alexnet, alexnet_2012, alexnet_plain } from "./alexnet";

// PyTorch 1.13, torchvision 0.14: alexnet().features on zeros of these shapes; the other forms end in a pool too.
test.each([
  [alexnet, [2, 3, 65, 99], [2, 256, 1, 2]],
  [alexnet, [1, 3, 224, 224], [1, 256, 6, 6]],
  [alexnet_2012, [1, 3, 224, 224], [1, 256, 6, 6]],
  [alexnet_plain, [1, 3, 224, 224], [1, 256, 6, 6]],
] as const)("without the top the features end in the last pool: %o of %j gives %j", (make, input, output) => {
  using _ = scope();
  const device = openMeta();
  const model = make({ includeTop: false, device }).eval();
  expect(model.forward(zeros(input, { device })).shape).toEqual(output);
  expect(model.forwardIntermediates(zeros(input, { device })).output.shape).toEqual(output);
});
