import { type Device, gather, type Shape, scatterAdd, tensor } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch } from "../launch";
import { expectAsReference, indicesBelow, numbered, SIZES } from "../testing/against-reference";
import { openForTests } from "../testing/open-device";
import { operandOf, PORTABLE } from "../testing/run-kernel";
import { scatterAdd as scatterAddPlan } from "./scatterAdd";

const { device, reason } = await openForTests();

const CASES: readonly (readonly [x: Shape, indices: Shape, axis: number])[] = [
  [[5], [3], 0],
  [[5], [8], 0],
  [[5], [300], 0],
  [[3, 4], [2, 6], 1],
  [[3, 4], [5, 3], 0],
  [[3, 4, 5], [3, 7, 5], 1],
  [[3, 4, 5], [2, 13, 4], 1],
  [[2, 3, 4, 5], [2, 2, 3, 9], 3],
  [[2, 3, 4, 5], [1, 3, 2, 5], 2],
  [[64, 10], [64, 1], 1],
  [[10, 70], [12, 70], 0],
  [[6, 2000], [6, 150], 1],
  [[4, 3], [0, 3], 0],
];

describe.skipIf(!device)(`indexed reading and adding on ${device?.adapter ?? reason}`, () => {
  const own = device as Device;
  afterAll(() => device?.close());

  for (const dtype of SIZES) {
    it.each(CASES)(`reads ${dtype} %j at indices %j along axis %i`, (shape, of, axis) =>
      expectAsReference(own, [numbered(shape, dtype), indicesBelow(shape[axis]!, of)], (x, indices) => gather(x, indices, axis)),
    );
  }

  it.each(CASES)("adds into %j from indices %j along axis %i", (shape, of, axis) =>
    expectAsReference(own, [numbered(of, "f32"), indicesBelow(shape[axis]!, of)], (values, indices) =>
      scatterAdd(values, indices, { axis, shape }),
    ),
  );

  const ints = (values: readonly number[]) => tensor(Int32Array.from(values), { dtype: "i32", device: own });
  const WRONG = [0, -1, 3, 4, 2 ** 31 - 1, -(2 ** 31)];

  it("gives NaN, or 0 of integers, for indices out of range", async () => {
    const { NaN: nan } = Number;
    const floats = tensor([1, 2, 3, 4], { device: own });
    expect([...(await gather(floats, ints(WRONG), 0).data())]).toEqual([1, nan, 4, nan, nan, nan]);
    for (const dtype of ["f16", "bf16"] as const)
      expect([...(await gather(tensor([1, 2, 3, 4], { dtype, device: own }), ints(WRONG), 0).data())]).toEqual([
        1,
        nan,
        4,
        nan,
        nan,
        nan,
      ]);
    for (const dtype of ["i32", "u8"] as const)
      expect([...(await gather(tensor([1, 2, 3, 4], { dtype, device: own }), ints(WRONG), 0).data())]).toEqual([
        1, 0, 4, 0, 0, 0,
      ]);
  });

  it.each([1, 4])("leaves out what has an index out of range, %i times", async (times) => {
    const indices = Array.from({ length: times }, () => WRONG).flat();
    const values = tensor(new Float32Array(indices.length).fill(2), { device: own });
    const y = await scatterAdd(values, ints(indices), { axis: 0, shape: [4] }).data();
    expect([...y]).toEqual([2 * times, 0, 0, 2 * times]);
  });

  it.each([
    ["in lanes", [3, 7], 1],
    ["in small workgroups", [2, 90], 1],
    ["in large workgroups", [2, 700], 1],
    ["along an outer axis", [300, 3], 0],
  ] as const)("adds %s in the order of the values, to the bit", async (_, shape, axis) => {
    const length = shape[axis];
    const elements = shape[0] * shape[1];
    // Few different indices, and sums that depend on the order.
    const data = Float32Array.from({ length: elements }, (_, i) => Math.fround(Math.sin(i * 3.7) * 10 ** (i % 5)));
    const at = Int32Array.from({ length: elements }, (_, i) => (i * i + (i >> 2)) % 5);
    const wanted = new Float32Array((elements / length) * 5);
    for (let i = 0; i < elements; i++) {
      const [row, column] = [Math.floor(i / shape[1]), i % shape[1]];
      const place = axis === 0 ? at[i]! * shape[1] + column : row * 5 + at[i]!;
      wanted[place] = wanted[place]! + data[i]!;
    }
    const to = axis === 0 ? [5, shape[1]] : [shape[0], 5];
    const values = tensor(data, { shape, device: own });
    const indices = tensor(at, { shape, dtype: "i32", device: own });
    expect(await scatterAdd(values, indices, { axis, shape: to }).data()).toEqual(wanted);
  });

  it("adds where neighbours share their slot but not their index", () => {
    // 1024 apart: one slot for all.
    const values = Int32Array.from({ length: 200 }, (_, i) => (i % 10) * 1024);
    return expectAsReference(own, [numbered([200], "f32"), { shape: [200], dtype: "i32", values }], (x, indices) =>
      scatterAdd(x, indices, { axis: 0, shape: [10_240] }),
    );
  });
});

describe("scatterAdd's plan", () => {
  const plan = (from: Shape, shape: Shape, axis: number) => {
    const inputs = [operandOf(from), operandOf(from, "i32")];
    const steps = scatterAddPlan(inputs, [operandOf(shape)], { axis, shape }, PORTABLE) as readonly Launch[];
    return steps.map(({ shader, constants }) => [shader.name, ...Object.values(constants ?? {})].join(" "));
  };

  it("gives the rows of max pooling to workgroups, which fill them", () => {
    expect(plan([2, 64, 3136], [2, 64, 12544], 2)).toEqual(["scatterAdd 256"]);
    expect(plan([2, 64, 49], [2, 64, 196], 2)).toEqual(["scatterAdd 64"]);
  });

  it("gives short rows, and many side by side, to single invocations", () => {
    expect(plan([128, 1], [128, 1000], 1)).toEqual(["fill", "scatterAdd by lanes"]);
    expect(plan([100, 8192], [10, 8192], 0)).toEqual(["fill", "scatterAdd by lanes"]);
  });

  it("fills y beforehand where some of its rows have no values", () => {
    expect(plan([2, 100], [3, 10], 1)).toEqual(["fill", "scatterAdd 64"]);
    expect(plan([0, 3], [4, 3], 0)).toEqual(["fill"]);
    expect(plan([0, 3], [0, 3], 0)).toEqual([]);
  });
});
