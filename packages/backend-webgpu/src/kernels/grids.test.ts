import { concat, type Device, expand, gather, pad, padGrad, permute, scatterAdd, sliceGrad, toDtype } from "@vertebra/core";
import { afterAll, describe, it } from "vitest";
import { expectAsReference, indicesBelow, numbered } from "../testing/against-reference";
import { narrowDevice } from "../testing/narrow-device";
import { openRawForTests } from "../testing/raw-device";

const { gpu, reason } = await openRawForTests();
const device = gpu && narrowDevice(gpu, 3);

describe.skipIf(!device)(`grids of several lines (${reason ?? "on the device under test"})`, () => {
  const own = device as Device;
  afterAll(() => device?.close());

  it("expand", () => expectAsReference(own, [numbered([1301, 1], "f32")], (x) => expand(x, [1301, 3])));

  it("permute", () => expectAsReference(own, [numbered([5, 20, 40], "f32")], (x) => permute(x, [0, 2, 1])));

  it("pad and sliceGrad", async () => {
    const border = { before: [1, 2], after: [3, 4] };
    await expectAsReference(own, [numbered([40, 51], "f32")], (x) => pad(x, border.before, border.after));
    await expectAsReference(own, [numbered([40, 21], "u8")], (dy) =>
      sliceGrad(dy, { starts: [1, 2], steps: [2, 3], shape: [90, 81] }),
    );
  });

  it("padGrad", () =>
    expectAsReference(own, [numbered([23, 34], "f32")], (dy) =>
      padGrad(dy, { before: [1, 2], after: [2, 2], mode: "reflect", shape: [20, 30] }),
    ));

  it("concat", () =>
    expectAsReference(own, [numbered([90, 7], "f32"), numbered([90, 9], "f32")], (...parts) => concat(parts, 1)));

  it("toDtype", () => expectAsReference(own, [numbered([9001], "u8")], (x) => toDtype(x, "f16")));

  it("gather", () =>
    expectAsReference(own, [numbered([70, 30], "f32"), indicesBelow(30, [70, 21])], (x, indices) => gather(x, indices, 1)));

  it.each([
    ["lanes", [700, 2]],
    ["workgroups", [10, 20]],
  ] as const)("scatterAdd by %s", (_, shape) =>
    expectAsReference(own, [numbered(shape, "f32"), indicesBelow(9, shape)], (values, indices) =>
      scatterAdd(values, indices, { axis: 1, shape: [shape[0], 9] }),
    ),
  );
});
