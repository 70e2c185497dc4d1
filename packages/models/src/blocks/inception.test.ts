import { openMeta, withDevice, zeros } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { Inception } from "./inception";
import { InceptionAux } from "./inception-aux";

const device = openMeta();
const on = <T>(make: () => T): T => withDevice(device, make);
const ROW = { inChannels: 8, ch1x1: 4, ch3x3red: 3, ch3x3: 6, ch5x5red: 2, ch5x5: 5, poolProj: 7 };
const FORMS = ["torchvision", "2014"] as const;

describe.each(FORMS)("Inception of form %s", (form) => {
  test.each([
    [7, 7],
    [4, 5],
    [1, 1],
  ])("joins its branches and keeps the size of a %i×%i map", (height, width) => {
    const shape = on(() => new Inception({ ...ROW, form }).forward(zeros([2, 8, height, width])).shape);
    expect(shape).toEqual([2, 4 + 6 + 5 + 7, height, width]);
  });

  test("names the layer that an input doesn't fit", () => {
    const layer = form === "torchvision" ? "branch1.conv" : "branch1";
    expect(() => on(() => new Inception({ ...ROW, form }).forward(zeros([2, 9, 7, 7])))).toThrow(
      `${layer}: conv2d: weight.shape[1] must be channels / groups = 9`,
    );
  });
});

describe.each(FORMS)("InceptionAux of form %s", (form) => {
  // 14×14 is the paper's; the paper's windows don't take the others to 4×4.
  test.each([2, 6, 14, 16, 20])("gives a row of logits per map of side %i", (side) => {
    const aux = on(() => new InceptionAux({ inChannels: 8, numClasses: 5, form }));
    expect(on(() => aux.forward(zeros([3, 8, side, side])).shape)).toEqual([3, 5]);
  });
});
