import {
  concat,
  type Device,
  type DType,
  expand,
  gather,
  type PadMode,
  pad,
  padGrad,
  permute,
  type Shape,
  slice,
  sliceGrad,
  type Tensor,
  tensor,
} from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { openReference } from "@vertebra/parity";
import { afterAll, describe, expect, it } from "vitest";
import type { CudaOperand, Launch, Limits, Step } from "../launch";
import { openForTests } from "../testing/open-device";
import { concat as concatPlan } from "./concat";
import { pad as padPlan } from "./pad";
import { sliceGrad as sliceGradPlan } from "./sliceGrad";
import { stridedSteps } from "./strided";

const { device, reason } = await openForTests();

/** One dtype of each size of element. */
const SIZES: readonly DType[] = ["f32", "f16", "u8"];

type Move = (...inputs: Tensor[]) => Tensor;

/** Numbers that every dtype holds and that differ from their neighbours come out where the f64 reference has them. */
async function expectAsReference(shapes: readonly Shape[], dtype: DType, move: Move) {
  const numbered = (shape: Shape) => Float32Array.from({ length: product(shape) }, (_, i) => (i % 251) + 1);
  const on = (where: Device) => {
    const inputs = shapes.map((shape) => tensor(numbered(shape), { shape, dtype, device: where }));
    return move(...inputs).data();
  };
  const [actual, expected] = await Promise.all([on(device as Device), on(openReference())]);
  expect(actual).toEqual(expected);
}

const PERMUTATIONS: readonly (readonly [shape: string, axes: string])[] = [
  ["5 7", "1 0"],
  ["16 16", "1 0"],
  ["33 65", "1 0"],
  ["2 3 8 9", "0 2 3 1"],
  ["2 8 9 3", "0 3 1 2"],
  ["3 4 8", "1 0 2"],
  ["3 4 6", "1 0 2"],
  ["3 20 40", "0 2 1"],
  ["2 33 20", "2 0 1"],
  ["20 2 3 17", "3 1 2 0"],
  ["2 1 3 2 3 2", "5 0 3 1 4 2"],
  ["2 2 2 2 2 2 2 2", "7 5 3 1 6 4 2 0"],
];
const EXPANSIONS: readonly (readonly [from: string, to: string])[] = [
  ["", "5"],
  ["3", "2 3"],
  ["16", "3 16"],
  ["3 1", "3 9"],
  ["2 1 3 1", "2 4 3 5"],
  ["1 5 1 1 2 1", "3 5 2 1 2 4"],
  ["1 1 1", "3 37 41"],
];
/** For slice and, the other way round, sliceGrad. */
const SLICES: readonly (readonly [shape: string, starts: string, sizes: string, steps: string])[] = [
  ["", "", "", ""],
  ["41", "16", "25", "1"],
  ["41", "3", "30", "1"],
  ["9", "0", "3", "4"],
  ["5 7", "0 2", "5 3", "1 2"],
  ["5 32", "1 16", "2 16", "2 1"],
  ["5 33", "1 16", "2 16", "2 1"],
  ["5 12", "1 2", "2 6", "2 1"],
  ["1 6", "0 2", "1 3", "3 1"],
  ["4 6 8", "1 2 3", "2 2 2", "2 3 4"],
  ["3 40 26", "0 1 1", "3 38 24", "1 1 1"],
  ["2 2 2 2 2 2", "1 0 1 0 1 0", "1 2 1 2 1 2", "1 1 1 1 1 1"],
];
const ALL: readonly PadMode[] = ["constant", "reflect", "replicate"];
const PADDINGS: readonly (readonly [shape: string, before: string, after: string, modes: readonly PadMode[]])[] = [
  ["", "", "", ALL],
  ["5", "2", "3", ALL],
  ["8", "4", "4", ALL],
  ["4 5", "1 0", "0 2", ALL],
  ["4 6", "1 2", "1 4", ["constant"]],
  ["2 3 7 8", "0 0 2 3", "0 0 1 2", ALL],
  ["2 4 4 4", "0 1 0 0", "0 2 0 0", ALL],
  ["3 5 16 21", "0 0 1 1", "0 0 2 2", ALL],
  ["2 2 2 2 2 2", "1 0 1 0 1 0", "0 1 0 1 0 1", ALL],
  ["0 2", "1 1", "2 0", ["constant"]],
  ["16 16", "1 16", "1 16", ["constant"]],
  ["9", "8", "8", ALL],
  ["2 1 1", "0 3 4", "0 1 2", ["replicate"]],
  ["1 1", "40 30", "0 20", ["replicate"]],
];
const CONCATS: readonly (readonly [shape: string, axis: number, sizes: readonly number[]])[] = [
  ["0", 0, [3, 5, 1]],
  ["0", 0, [16, 32, 7]],
  ["3 0", 1, [2, 0, 5]],
  ["2 0 4 4", 1, [1, 2, 4]],
  ["2 3 0", 2, [7, 8, 9]],
  ["2 0", 1, new Array(60).fill(3)],
  ["2 0", 1, new Array(17).fill(16)],
  ["0 2", 1, [3, 4]],
];
const GATHERS: readonly (readonly [x: string, indices: string, axis: number])[] = [
  ["5", "300", 0],
  ["3 4", "2 6", 1],
  ["3 4 5", "3 7 5", 1],
  ["3 4 5", "2 13 4", 1],
  ["2 3 4 5", "1 3 2 5", 2],
  ["4 3", "0 3", 0],
];

const list = (text: string): number[] => (text === "" ? [] : text.split(" ").map(Number));
const withSize = (shape: string, axis: number, size: number) => list(shape).map((own, i) => (i === axis ? size : own));

describe.skipIf(!device)(`moves on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  describe.each(SIZES)("%s", (dtype) => {
    it.each(PERMUTATIONS)("permutes [%s] to [%s]", (shape, axes) =>
      expectAsReference([list(shape)], dtype, (x) => permute(x, list(axes))),
    );
    it.each(EXPANSIONS)("repeats [%s] to [%s]", (from, to) => expectAsReference([list(from)], dtype, (x) => expand(x, list(to))));
    it.each(SLICES)("slices [%s] from [%s], [%s] elements, steps [%s], and puts it back", async (shape, starts, sizes, steps) => {
      await expectAsReference([list(shape)], dtype, (x) => slice(x, list(starts), list(sizes), list(steps)));
      const attrs = { starts: list(starts), steps: list(steps), shape: list(shape) };
      await expectAsReference([list(sizes)], dtype, (dy) => sliceGrad(dy, attrs));
    });
    it.each(PADDINGS)("pads [%s] by [%s] and [%s]", async (shape, before, after, modes) => {
      for (const mode of modes)
        await expectAsReference([list(shape)], dtype, (x) => pad(x, list(before), list(after), { mode, value: 7 }));
    });
    it.each(CONCATS)("joins [%s] along axis %i, sizes %j", (shape, axis, sizes) => {
      const shapes = sizes.map((size) => withSize(shape, axis, size));
      return expectAsReference(shapes, dtype, (...parts) => concat(parts, axis));
    });
    it.each(GATHERS)("reads [%s] at indices [%s] along axis %i", (shape, of, axis) => {
      const values = Int32Array.from({ length: product(list(of)) }, (_, i) => (i * 7919 + (i >> 3)) % (list(shape)[axis] ?? 1));
      return expectAsReference([list(shape)], dtype, (x) =>
        gather(x, tensor(values, { shape: list(of), dtype: "i32", device: x.device }), axis),
      );
    });
  });

  it.each(PADDINGS)("adds up the gradient of padding [%s] by [%s] and [%s]", async (...row) => {
    const [shape, before, after] = [list(row[0]), list(row[1]), list(row[2])];
    const padded = shape.map((size, i) => size + (before[i] as number) + (after[i] as number));
    for (const mode of row[3]) await expectAsReference([padded], "f32", (dy) => padGrad(dy, { before, after, mode, shape }));
  });

  it("keeps the error of many copies to that of a few", async () => {
    const dy = tensor(new Float32Array(301 * 401).fill(0.1), { shape: [301, 401], device: device as Device });
    const dx = await padGrad(dy, { before: [300, 400], after: [0, 0], mode: "replicate", shape: [1, 1] }).item();
    const wanted = Math.fround(0.1) * 301 * 401;
    expect(Math.abs(dx - wanted) / wanted).toBeLessThan(512 * 2 ** -24);
  });

  it.each(SIZES)("gives NaN of %s, or 0 of integers, for indices out of range", async (dtype) => {
    const indices = Int32Array.of(0, -1, 3, 4, 2 ** 31 - 1, -(2 ** 31));
    const x = tensor([1, 2, 3, 4], { dtype, device: device as Device });
    const missing = dtype === "u8" ? 0 : Number.NaN;
    const y = await gather(x, tensor(indices, { dtype: "i32", device: device as Device }), 0).data();
    expect([...y]).toEqual([1, missing, 4, missing, missing, missing]);
  });
});

describe("plans of moves", () => {
  const LIMITS: Limits = { multiprocessors: 108, sharedBytesPerBlock: 49_152, tf32: false, warpgroups: false };
  const operandOf = (shape: Shape, dtype: DType): CudaOperand => ({ memory: { address: 0 }, shape, dtype });
  const namesOf = (steps: readonly Step[]) => steps.map((step) => (step as Launch).kernel.name);

  it("move as many bytes at once as rows, steps and start are multiples of", () => {
    const names = (dtype: DType, sizes: Shape, steps: Shape, start = 0) =>
      namesOf(stridedSteps("permute", operandOf([1 << 20], dtype), operandOf(sizes, dtype), { sizes, steps, start }))[0];
    expect(names("f32", [3, 8], [12, 1], 4)).toBe("strided_16");
    expect(names("f32", [3, 8], [12, 1], 2)).toBe("strided_8");
    expect(names("f32", [3, 8], [11, 1])).toBe("strided_4");
    expect(names("f32", [3, 8], [16, 2])).toBe("strided_4");
    expect(names("f32", [7], [1], 4)).toBe("strided_16");
    expect(names("f16", [3, 6], [8, 1], 2)).toBe("strided_4");
    expect(names("f16", [3, 6], [8, 1], 1)).toBe("strided_2");
    expect(names("u8", [3, 32], [48, 1])).toBe("strided_16");
    expect(names("u8", [3, 2], [8, 1])).toBe("strided_2");
    expect(names("u8", [3, 3], [8, 1])).toBe("strided_1");
  });

  it("transpose in tiles where both sides are long enough, batches included", () => {
    const launch = (dtype: DType, sizes: Shape, steps: Shape) =>
      stridedSteps("permute", operandOf([1 << 20], dtype), operandOf(sizes, dtype), { sizes, steps })[0];
    expect(launch("f32", [5, 64, 40], [2560, 1, 64])).toMatchObject({ kernel: { name: "transpose_4" }, grid: 20 });
    expect(launch("f16", [64, 64], [1, 64])).toMatchObject({ kernel: { name: "transpose_2" }, grid: 4 });
    expect(launch("f32", [64, 3], [1, 64])).toMatchObject({ kernel: { name: "strided_4" } });
  });

  it("pad by whole units where what is added is so", () => {
    const names = (dtype: DType, mode: PadMode, [before, after]: [Shape, Shape]) => {
      const y = operandOf([4 + before[0]! + after[0]!, 8 + before[1]! + after[1]!], dtype);
      return namesOf(padPlan([operandOf([4, 8], dtype)], [y], { before, after, mode, value: 0 }, LIMITS))[0];
    };
    expect(
      names("f32", "reflect", [
        [1, 0],
        [1, 0],
      ]),
    ).toBe("placeReflect_16");
    expect(
      names("f32", "reflect", [
        [1, 4],
        [1, 4],
      ]),
    ).toBe("placeReflect_4");
    expect(
      names("f32", "constant", [
        [1, 4],
        [1, 8],
      ]),
    ).toBe("placeConstant_16");
    expect(
      names("u8", "constant", [
        [1, 4],
        [1, 0],
      ]),
    ).toBe("placeConstant_4");
    expect(
      names("u8", "replicate", [
        [1, 1],
        [1, 0],
      ]),
    ).toBe("placeReplicate_1");
  });

  it("put slices back by whole units", () => {
    const names = (sizes: Shape, starts: Shape, steps: Shape) =>
      namesOf(
        sliceGradPlan([operandOf(sizes, "f32")], [operandOf([8, 32], "f32")], { starts, steps, shape: [8, 32] }, LIMITS),
      )[0];
    expect(names([2, 32], [1, 0], [3, 1])).toBe("placeConstant_16");
    expect(names([2, 16], [1, 8], [3, 1])).toBe("placeConstant_16");
    expect(names([2, 16], [1, 0], [3, 2])).toBe("placeConstant_4");
  });

  it("join sixteen parts in a launch", () => {
    const names = (dtype: DType, sizes: readonly number[], rows: number) => {
      const operands = sizes.map((size) => operandOf([rows, size], dtype));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      return namesOf(concatPlan(operands, [operandOf([rows, total], dtype)], { axis: 1, sizes }, LIMITS));
    };
    expect(names("f32", [8, 4], 5)).toEqual(["concat_16"]);
    expect(names("f32", [8, 4, 3], 5)).toEqual(["concat_4"]);
    expect(names("f32", [8, 4, 3], 1)).toEqual(["concat_16"]);
    expect(names("f32", [8, 3, 4], 1)).toEqual(["concat_4"]);
    expect(names("u8", new Array(33).fill(3), 5)).toEqual(["concat_1", "concat_1", "concat_1"]);
  });
});
