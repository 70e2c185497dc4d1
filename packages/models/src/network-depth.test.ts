import { networkDepth, openMeta } from "@vertebra/core";
import { expect, test } from "vitest";
import { createModel, findModel } from "./registry";

/** The number that a network's name or its paper gives: layers with weights. */
const PUBLISHED = {
  lenet5: 5,
  lenet5_1998: 5,
  alexnet: 8,
  alexnet_2012: 8,
  vgg11: 11,
  vgg16: 16,
  vgg19_bn: 19,
  googlenet: 22,
  resnet18: 18,
  resnet34: 34,
  resnet50: 50,
  resnet152: 152,
  resnext101_32x8d: 101,
  resnet20_cifar: 20,
  plain56_cifar: 56,
  resnet110_cifar: 110,
  densenet121: 121,
  densenet161: 161,
  densenet201: 201,
};

test.each(Object.entries(PUBLISHED))("%s is %i layers deep", (name, depth) => {
  const { inputShape } = findModel(name).facts;
  expect(networkDepth(createModel(name, { device: openMeta() }), [1, ...inputShape])).toBe(depth);
});
