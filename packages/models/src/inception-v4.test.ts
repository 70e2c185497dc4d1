import { openMeta, scope, zeros } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { inception_resnet_v2 } from "./inception-resnet-v2";
import { inception_v4 } from "./inception-v4";

const device = openMeta();
const images = (side: number) => zeros([1, 3, side, side], { device });

test("a pyramid of Inception v4 has the modules up to its last stage, under their own names", () => {
  const pyramid = inception_v4({ device }).features({ stages: ["features.3", "features.9"] });
  const modules = new Set([...pyramid.stateDict().keys()].map((key) => key.split(".").slice(0, 2).join(".")));
  expect([...modules]).toEqual(Array.from({ length: 10 }, (_, i) => `features.${i}`));
});

describe.each([
  ["inception_v4", inception_v4],
  ["inception_resnet_v2", inception_resnet_v2],
])("%s", (_name, make) => {
  test("takes images of 75 × 75, and names the layer that a smaller one doesn't fit", () => {
    using _ = scope();
    const model = make({ device }).eval();
    expect(model.forward(images(75)).shape).toEqual([1, 1000]);
    expect(() => model.forward(images(74))).toThrow(/^(features\.18|mixed_7a)\.branch.*: the kernel must fit/);
  });

  test("drops inputs of the classifier only where asked", () => {
    const p = (dropout?: number) => make({ device, ...(dropout !== undefined && { dropout }) }).head_drop.p;
    expect([p(), p(0.2)]).toEqual([0, 0.2]);
  });
});
