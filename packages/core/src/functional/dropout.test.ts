import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { generatorState, manualSeed } from "../generator";
import { sum } from "../ops/sum";
import { Philox } from "../random";
import { scope } from "../scope";
import { ones } from "./creation";
import { dropout, stochasticDepth } from "./dropout";

const device = openReference();

describe("dropout", () => {
  test("keeps an element where its Philox number is at least p, scaled by 1 / (1 − p)", async () => {
    using _ = scope();
    manualSeed(7, device);
    const random = new Philox(7).uniformArray(10);
    const y = await dropout(ones([10], { device }), { p: 0.3 }).data();
    expect([...y]).toEqual([...random].map((u) => (u >= 0.3 ? 1 / 0.7 : 0)));
  });

  test("draws new numbers each time, and the same after the same seed", async () => {
    using _ = scope();
    const draw = () => dropout(ones([64], { device })).data();
    manualSeed(1, device);
    const [first, second] = [await draw(), await draw()];
    manualSeed(1, device);
    expect(second).not.toEqual(first);
    expect(await draw()).toEqual(first);
    expect([...(await generatorState(device).data())]).toEqual([1, 0, 0, 16]);
  });

  test("passes gradients where it passed values", async () => {
    using _ = scope();
    const x = requireGrad(ones([32], { device }));
    const y = dropout(x, { p: 0.5 });
    expect(await backward(sum(y)).get(x)!.data()).toEqual(await y.data());
  });

  test("is x itself at evaluation and for p = 0, and zero for p = 1", async () => {
    using _ = scope();
    const x = ones([4], { device });
    expect(dropout(x, { training: false })).toBe(x);
    expect(dropout(x, { p: 0 })).toBe(x);
    expect([...(await dropout(x, { p: 1 }).data())]).toEqual([0, 0, 0, 0]);
  });

  test("a probability outside [0, 1] is an error", () => {
    expect(() => dropout(ones([1], { device }), { p: 1.5 })).toThrow("dropout: p must be from 0 to 1, got 1.5");
  });
});

describe("stochasticDepth", () => {
  test("drops whole samples", async () => {
    using _ = scope();
    manualSeed(3, device);
    const y = await stochasticDepth(ones([8, 3], { device }), { p: 0.5 }).data();
    const samples = Array.from({ length: 8 }, (_, i) => [...y.slice(3 * i, 3 * i + 3)].join());
    expect(new Set(samples)).toEqual(new Set(["0,0,0", "2,2,2"]));
  });

  test("drops all or none in batch mode", async () => {
    using _ = scope();
    const draws = new Set<string>();
    for (let i = 0; i < 20; i++)
      draws.add([...(await stochasticDepth(ones([3, 2], { device }), { p: 0.5, mode: "batch" }).data())].join());
    expect(draws).toEqual(new Set(["0,0,0,0,0,0", "2,2,2,2,2,2"]));
  });
});
