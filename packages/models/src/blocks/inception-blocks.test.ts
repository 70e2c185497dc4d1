import { cpu } from "@vertebra/backend-cpu";
import { type Device, type Module, ones, openMeta, scope, tensor, withDevice, zeros } from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Branches, makeBranch, makeBranches } from "./branches";
import { fork } from "./fork";
import { InceptionA } from "./inception-a";
import { InceptionB } from "./inception-b";
import { InceptionC } from "./inception-c";
import { averageOf3x3 } from "./inception-conv";
import { InceptionD } from "./inception-d";
import { InceptionE } from "./inception-e";
import { InceptionV3Aux } from "./inception-v3-aux";
import { ScaledResidual } from "./scaled-residual";

const meta = openMeta();

/** Maps of the paper's table 1. */
const CASES: readonly [string, () => Module, input: readonly [number, number], output: readonly [number, number]][] = [
  ["InceptionA", () => new InceptionA({ inChannels: 192, poolFeatures: 32 }), [192, 35], [256, 35]],
  ["InceptionB", () => new InceptionB({ inChannels: 288 }), [288, 35], [768, 17]],
  ["InceptionC", () => new InceptionC({ inChannels: 768, channels7x7: 160 }), [768, 17], [768, 17]],
  ["InceptionD", () => new InceptionD({ inChannels: 768 }), [768, 17], [1280, 8]],
  ["InceptionE", () => new InceptionE({ inChannels: 1280 }), [1280, 8], [2048, 8]],
];

test.each(CASES)("%s gives the paper's map", (_name, make, [channels, side], [outChannels, outSide]) => {
  using _ = scope();
  const x = zeros([2, channels, side, side], { device: meta });
  expect(withDevice(meta, make).forward(x).shape).toEqual([2, outChannels, outSide, outSide]);
});

test("the auxiliary head takes maps of 17 × 17 and more", () => {
  using _ = scope();
  const head = withDevice(meta, () => new InceptionV3Aux({ inChannels: 16, numClasses: 3 }));
  expect(head.forward(zeros([2, 16, 20, 17], { device: meta })).shape).toEqual([2, 3]);
  expect(() => head.forward(zeros([2, 16, 20, 16], { device: meta }))).toThrow("x must be at least 17×17");
});

test("a branch is one layer or a sequence, as in timm's trees", () => {
  const branches = withDevice(meta, () => new Branches(makeBranches(8, [[[4, 1]], ["average", [6, [1, 7]]], ["max"]])));
  const paths = branches.namedModules().map(([path, { typeName }]) => `${path}: ${typeName}`);
  expect(paths.filter((path) => /^branch\d(\.\d)?:/.test(path))).toEqual([
    "branch0: BasicConv2d",
    "branch1: Sequential",
    "branch1.0: AvgPool2d",
    "branch1.1: BasicConv2d",
    "branch2: MaxPool2d",
  ]);
});

test("branches of different sizes are refused with their shapes", () => {
  using _ = scope();
  const branches = withDevice(meta, () => new Branches(makeBranches(8, [[[4, 1]], ["max"]])));
  expect(() => branches.forward(zeros([1, 8, 9, 9], { device: meta }))).toThrow("[1, 4, 9, 9], [1, 8, 4, 4]");
});

describe("on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  test("a fork joins its paths in their order and leaves its input alone", async () => {
    using _ = scope();
    const x = tensor([1, 2], { device }).reshape([1, 2, 1, 1]);
    const y = fork([(v) => v.mul(10), (v) => v.add(1)], [(v) => v], [(v) => v.mul(-1)])(x);
    expect([...(await y.data())]).toEqual([11, 21, 1, 2, -1, -2]);
    expect([...(await x.data())]).toEqual([1, 2]);
  });

  test("Inception v3 averages padding as zeros, the later ones leave it out", async () => {
    using _ = scope();
    const x = ones([1, 1, 3, 3], { device });
    const ninths = Array.from(await averageOf3x3(x).data(), (mean) => 9 * mean);
    for (const [i, places] of [4, 6, 4, 6, 9, 6, 4, 6, 4].entries()) expect(ninths[i]).toBeCloseTo(places, 5);
    expect([...(await makeBranch(1, ["average"]).forward(x).data())]).toEqual(new Array(9).fill(1));
  });

  test.each([
    { scale: 0.5, activation: true, expected: [0, 2] },
    { scale: 1, activation: false, expected: [0, 3] },
  ])("a residual is scaled before it is added: $scale", async ({ scale, activation, expected }) => {
    using _ = scope();
    using block = withDevice(
      device,
      () => new ScaledResidual({ channels: 2, branches: [[[3, 1]], [[1, 3]]], scale, activation }),
    );
    block.conv2d.weight.write(new Float32Array(8));
    block.conv2d.bias?.write([4, 2]);
    const x = tensor([-4, 1], { device }).reshape([1, 2, 1, 1]);
    expect([...(await block.eval().forward(x).data())]).toEqual(expected);
  });
});
