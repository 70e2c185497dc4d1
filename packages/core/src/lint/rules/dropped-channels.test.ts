import { describe, expect, test } from "vitest";
import { split } from "../../functional/split";
import { Conv2d } from "../../nn/layers/conv2d";
import { add } from "../../ops/binary";
import { concat } from "../../ops/concat";
import { conv2d } from "../../ops/conv2d";
import { sliceAxis } from "../../ops/slice";
import { foundIn, Net } from "../testing/found-in";

const MAP = [1, 3, 8, 8];
const withConv = (run: (x: import("../../tensor").Tensor, conv: Conv2d) => import("../../tensor").Tensor) => () =>
  new Net({ conv: new Conv2d(3, 8, { kernel: 3 }) }, (x, { conv }) => run(x, conv));

describe("dropped-channels", () => {
  test("channels behind a slice are named", () => {
    const model = withConv((x, conv) => sliceAxis(conv.forward(x), 1, 0, 5));
    expect(foundIn(model, MAP, "dropped-channels")).toMatchObject([
      { path: "conv", severity: "warning", message: "3 of the 8 channels of what conv makes are never read: 5–7" },
    ]);
  });

  test("so are pieces of a split that aren't used", () => {
    const model = withConv((x, conv) => {
      const [first, , third] = split(conv.forward(x), [2, 3, 3], 1);
      return concat([first, third] as never, 1);
    });
    expect(foundIn(model, MAP, "dropped-channels")[0]?.message).toContain(
      "3 of the 8 channels of what conv makes are never read: 2–4",
    );
    expect(foundIn(model, MAP, "dead-branch")).toEqual([]);
  });

  test("and rows of a weight", () => {
    const model = withConv((x, conv) => conv2d(x, sliceAxis(conv.weight, 0, 0, 6)));
    expect(foundIn(model, MAP, "dropped-channels")[0]?.message).toBe(
      "2 of the 8 channels of conv.weight along axis 0 are never read: 6–7",
    );
  });

  test("pieces that together are all channels drop none", () => {
    const model = withConv((x, conv) => concat(split(conv.forward(x), 4, 1).reverse(), 1));
    expect(foundIn(model, MAP, "dropped-channels")).toEqual([]);
  });

  test("a shortcut that reads all channels keeps them", () => {
    const model = withConv((x, conv) => {
      const y = conv.forward(x);
      return add(y, sliceAxis(y, 1, 0, 1));
    });
    expect(foundIn(model, MAP, "dropped-channels")).toEqual([]);
  });

  test("a crop drops no channels", () => {
    expect(
      foundIn(
        withConv((x, conv) => sliceAxis(conv.forward(x), 2, 0, 3)),
        MAP,
        "dropped-channels",
      ),
    ).toEqual([]);
  });
});
