import { openMeta, withDevice } from "@vertebra/core";
import { expect, test } from "vitest";
import { BLOCKS } from "./block-registry";

const make = (name: keyof typeof BLOCKS, options: Readonly<Record<string, unknown>>) =>
  withDevice(openMeta(), () => BLOCKS[name](options));

test.each([
  [
    "Residual",
    { inChannels: 3, outChannels: 6, use1x1conv: true, strides: 2 },
    'got "use1x1conv", "strides". Did you mean "use1x1Conv", "stride"?',
  ],
  ["Transition", { numInputFeatures: 8, outChannels: 4 }, "options must be known names, and inChannels given, got"],
  [
    "BasicConv2d",
    { inChannels: 3, outChannels: 8 },
    "BasicConv2d: options must be known names, and kernel given, got inChannels, outChannels",
  ],
  ["ConvNormAct", { inChannels: 3, outChannels: 8, kernel: 3, bias: true }, 'got "bias"'],
  ["Inception", {}, "and inChannels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, poolProj given, got none"],
  [
    "MBConv",
    { inChannels: 8, outChannels: 8, activation: "silo" },
    'activation must be a known name, got "silo". Did you mean "silu"?',
  ],
] as const)("%s refuses %j by name", (name, options, message) => {
  expect(() => make(name, options)).toThrow(message);
});

test.each([
  [{}, ["Conv2d", "BatchNorm2d", "ReLU"]],
  [{ activation: "silu" }, ["Conv2d", "BatchNorm2d", "SiLU"]],
  [{ activation: null, norm: { eps: 1e-3 } }, ["Conv2d", "BatchNorm2d"]],
  [{ norm: false }, ["Conv2d", "ReLU"]],
])("ConvNormAct takes its activation by name: %j", (options, layers) => {
  const block = make("ConvNormAct", { inChannels: 3, outChannels: 4, kernel: 3, ...options });
  expect(block.namedChildren().map(([, layer]) => layer.typeName)).toEqual(layers);
});
