import { concat, type Device, type DType, type Shape } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch } from "../launch";
import { expectAsReference, numbered, SIZES } from "../testing/against-reference";
import { openForTests } from "../testing/open-device";
import { operandOf, PORTABLE } from "../testing/run-kernel";
import { concat as concatPlan } from "./concat";

const { device, reason } = await openForTests();

const CASES: readonly (readonly [shape: Shape, axis: number, sizes: readonly number[]])[] = [
  [[0], 0, [4]],
  [[0], 0, [3, 5, 1]],
  [[0], 0, [16, 32, 7]],
  [[3, 0], 1, [2, 0, 5]],
  [[2, 0, 4, 4], 1, [1, 2, 4]],
  [[2, 3, 0], 2, [7, 8, 9]],
  [[0, 3], 0, [1, 2, 3, 4, 5, 6, 7, 8]],
  [[2, 0], 1, new Array(60).fill(3)],
  [[2, 0], 1, new Array(15).fill(16)],
  [[0, 2], 1, [3, 4]],
];

const withSize = (shape: Shape, axis: number, size: number) => shape.map((own, i) => (i === axis ? size : own));

describe.skipIf(!device)(`concat on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  for (const dtype of SIZES) {
    it.each(CASES)(`joins ${dtype}: %j along axis %i, sizes %j`, (shape, axis, sizes) => {
      const parts = sizes.map((size) => numbered(withSize(shape, axis, size), dtype));
      return expectAsReference(device as Device, parts, (...tensors) => concat(tensors, axis));
    });
  }

  it("takes one tensor several times", () =>
    expectAsReference(device as Device, [numbered([2, 3], "u8")], (x) => concat([x, x, x], 1)));
});

describe("concat's plan", () => {
  const plan = (dtype: DType, shape: Shape, axis: number, sizes: readonly number[]) => {
    const parts = sizes.map((size) => operandOf(withSize(shape, axis, size), dtype));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const steps = concatPlan(parts, [operandOf(withSize(shape, axis, total), dtype)], { axis, sizes }, PORTABLE);
    return (steps as readonly Launch[]).map(({ shader, constants }) => `${shader.name} ${constants?.PER_WORD}`);
  };

  it("has a launch for each seven parts that own their words", () => {
    expect(plan("f32", [5, 0], 1, new Array(15).fill(3))).toEqual(["concat 1", "concat 1", "concat 1"]);
    expect(plan("f32", [5, 0], 1, [8, 4])).toEqual(["concat of quads 1"]);
    expect(plan("f32", [0], 0, [8, 4, 3])).toEqual(["concat of quads 1"]);
    expect(plan("f32", [0], 0, [8, 3, 4])).toEqual(["concat 1"]);
    expect(plan("u8", [5, 0], 1, new Array(8).fill(4))).toEqual(["concat 1", "concat 1"]);
  });

  it("joins parts that share words in levels", () => {
    expect(plan("u8", [5, 0], 1, new Array(7).fill(3))).toEqual(["concat 4"]);
    expect(plan("f16", [5, 0], 1, new Array(8).fill(3))).toEqual(["concat 2", "concat 2", "concat 2"]);
  });
});
