import { BatchNorm2d, openMeta, scope, summarize, withDevice, zeros } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { InceptionV2Unit } from "./blocks/inception-v2-unit";
import { inception_v2 } from "./inception-v2";

const device = openMeta();

describe("inception_v2", () => {
  test("lists the layers of all units as its own", () => {
    const names = inception_v2({ device })
      .namedChildren()
      .map(([name]) => name);
    // Figure 5: three convolutions in the stem, seven in each of eight units, and five in 3c and 4e.
    expect(names.length).toBe(2 * (3 + 8 * 7 + 2 * 5) + 1);
    expect(names.filter((name) => name.startsWith("inception_3c_") && !name.endsWith("_bn"))).toEqual([
      "inception_3c_3x3_reduce",
      "inception_3c_3x3",
      "inception_3c_double_3x3_reduce",
      "inception_3c_double_3x3_1",
      "inception_3c_double_3x3_2",
    ]);
    expect([names[0], names.at(-1)]).toEqual(["conv1_7x7_s2", "last_linear"]);
  });

  test("calls its layers by the names that they have in checkpoints", () => {
    const model = inception_v2({ device });
    const { layers } = summarize(model, [1, 3, 64, 64]);
    const called = layers.filter(({ params }) => params > 0).map(({ path }) => path);
    expect(new Set(called)).toEqual(new Set(model.namedChildren().map(([name]) => name)));
  });

  test("puts every norm in a unit into evaluation and back", () => {
    const model = inception_v2({ device });
    const norms = model.namedModules().flatMap(([, module]) => (module instanceof BatchNorm2d ? [module] : []));
    expect(norms.length).toBe(69);
    model.eval();
    expect(norms.some(({ isTraining }) => isTraining)).toBe(false);
    model.train();
    expect(norms.every(({ isTraining }) => isTraining)).toBe(true);
  });

  test("has in a pyramid the parameters of the stages up to the last one wanted", () => {
    using _ = scope();
    const model = inception_v2({ device });
    const names = [
      ...model
        .features({ stages: ["inception_3b"] })
        .stateDict()
        .keys(),
    ];
    const all = [...model.stateDict().keys()];
    expect(names).toEqual(
      all.slice(
        0,
        all.findIndex((name) => name.startsWith("inception_3c")),
      ),
    );
  });
});

test("an image that leaves an odd map to halve is refused in that unit's name", () => {
  using _ = scope();
  const model = inception_v2({ device });
  expect(model.forward(zeros([2, 3, 96, 64], { device })).shape).toEqual([2, 1000]);
  expect(() => model.forward(zeros([2, 3, 96, 72], { device }))).toThrow(
    "inception_3c: x's height and width must be even, got [2, 320, 12, 9]. " +
      "Use images whose sides are a multiple of 32, or 1 less, or up to 6 more",
  );
});

test("of sides from 31 to 134 it takes those, and no others", () => {
  const model = inception_v2({ device }).eval();
  const takes = (side: number) => {
    using _ = scope();
    try {
      return model.forward(zeros([1, 3, side, 32], { device })).shape[1] === 1000;
    } catch (error) {
      expect((error as Error).message).toContain("a multiple of 32, or 1 less, or up to 6 more");
      return false;
    }
  };
  const sides = Array.from({ length: 104 }, (_, i) => 31 + i);
  expect(sides.filter(takes)).toEqual(sides.filter((side) => (side + 1) % 32 <= 7));
});

describe("InceptionV2Unit", () => {
  const row = { name: "u", inChannels: 8, ch3x3red: 3, ch3x3: 6, double3x3red: 2, double3x3: 5, pool: "max" } as const;

  test("keeps the size of a map, or halves it and passes the pooled input through", () => {
    const shapeOf = (map: [number, number], ch1x1: number, poolProj: number) =>
      withDevice(device, () => new InceptionV2Unit({ ...row, ch1x1, poolProj }).forward(zeros([1, 8, ...map])).shape);
    expect(shapeOf([7, 10], 4, 7)).toEqual([1, 4 + 6 + 5 + 7, 7, 10]);
    expect(shapeOf([8, 10], 0, 0)).toEqual([1, 6 + 5 + 8, 4, 5]);
  });
});
