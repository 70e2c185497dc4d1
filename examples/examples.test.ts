import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { cpu } from "@vertebra/backend-cpu";
import { type Device, Philox } from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { autocorrelation } from "./02-gradients-and-depth/shattering.mjs";
import { openVgg } from "./03-perceptual-features/experiment.mjs";
import { perceptualDistances } from "./03-perceptual-features/features.mjs";
import { blurred, drawPicture, meanSquare, noisy, shifted } from "./03-perceptual-features/pictures.mjs";
import { lineCharts } from "./shared/chart.mjs";
import { pngAddress } from "./shared/png.mjs";

const out = mkdtempSync(join(tmpdir(), "examples-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Runs an example as its command does, with the least of everything. */
async function runQuickly<Results>(name: string): Promise<Results> {
  const folder = join(out, name);
  const { argv } = process;
  process.argv = [process.execPath, "run.mjs", "--quick", "--out", folder];
  const quiet = [vi.spyOn(console, "log").mockReturnValue(), vi.spyOn(console, "table").mockReturnValue()];
  try {
    await import(`./${name}/run.mjs`);
  } finally {
    process.argv = argv;
    for (const spy of quiet) spy.mockRestore();
  }
  return JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as Results;
}

/** Curves of a figure, each counted twice: as a line, and in the legend. */
function countCurves(name: string, file: string): number {
  const figure = readFileSync(join(out, name, file), "utf8");
  expect(figure).not.toMatch(/NaN|Infinity|undefined/);
  return (figure.match(/stroke-width="2"/g)?.length ?? 0) / 2;
}

const isFinitePositive = (value: number) => Number.isFinite(value) && value > 0;

describe("01-degradation", () => {
  it("trains four networks and draws their losses and errors", async () => {
    type Course = { name: string; losses: number[]; errors: number[]; tests: { step: number; error: number }[] };
    const { courses } = await runQuickly<{ courses: Course[] }>("01-degradation");
    expect(courses.map(({ name }) => name)).toEqual(["plain-20", "plain-56", "ResNet-20", "ResNet-56"]);
    for (const { losses, errors, tests } of courses) {
      expect(losses.filter(isFinitePositive).length).toBe(4);
      expect(errors.every((error) => error >= 0 && error <= 1)).toBe(true);
      expect(tests.map(({ step }) => step)).toEqual([2, 4]);
      // Before training ten classes are guessed: ln 10, more where an untrained residual network is sure of itself.
      expect(losses[0]).toBeGreaterThan(1.5);
      expect(losses[0]).toBeLessThan(8);
    }
    expect(countCurves("01-degradation", "curves.svg")).toBe(3 * 4);
  });
});

describe("02-gradients-and-depth", () => {
  it("finds gradients of deep plain networks less alike than with shortcuts, and larger in front", async () => {
    type Shattering = { kind: string; depth: number; autocorrelation: number[] };
    type Layers = { name: string; norms: number[] };
    const { shattering, layers } = await runQuickly<{ shattering: Shattering[]; layers: Layers[] }>("02-gradients-and-depth");
    const near = (name: string, layers: number) =>
      shattering.find(({ kind, depth }) => kind === name && depth === layers)?.autocorrelation[1] ?? Number.NaN;
    expect(near("plain, batch norm", 8)).toBeLessThan(near("shortcuts, batch norm", 8));
    expect(near("plain, batch norm", 8)).toBeLessThan(near("plain, batch norm", 1));
    const growth = (name: string) => {
      const norms = layers.find((one) => one.name === name)?.norms ?? [];
      expect(norms.filter(isFinitePositive).length).toBe(name.endsWith("56") ? 55 : 19);
      return (norms[0] ?? 0) / (norms.at(-1) ?? 0);
    };
    expect(growth("plain-56")).toBeGreaterThan(10 * growth("ResNet-56"));
    expect(growth("plain-56")).toBeGreaterThan(growth("plain-20"));
    expect(countCurves("02-gradients-and-depth", "autocorrelation.svg")).toBe(2 + 2 + 4);
    expect(countCurves("02-gradients-and-depth", "layer-gradients.svg")).toBe(4);
  });

  it.each([
    { of: "an alternation", series: [1, -1, 1, -1], expected: [1, -3 / 4, 2 / 4, -1 / 4] },
    { of: "a ramp", series: [3, 5, 7], expected: [1, 0, -1 / 2] },
    { of: "a constant, which has none", series: [2, 2, 2], expected: [0, 0, 0] },
  ])("takes the autocorrelation of $of about its mean", ({ series, expected }) => {
    for (const [lag, value] of autocorrelation(series, expected.length - 1).entries())
      expect(value).toBeCloseTo(expected[lag]!, 12);
  });
});

describe("03-perceptual-features", () => {
  it("compares distortions of one size in pixels and comes nearer to the features step by step", async () => {
    type Results = { distances: { pixels: number; sum: number }[]; reconstructions: { losses: number[] }[] };
    const { distances, reconstructions } = await runQuickly<Results>("03-perceptual-features");
    expect(distances.length).toBe(4);
    for (const { pixels, sum } of distances) {
      expect(pixels).toBeCloseTo(distances[0]!.pixels, 3);
      expect(sum).toBeGreaterThan(0);
    }
    expect(reconstructions.length).toBe(2);
    for (const { losses } of reconstructions) expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(countCurves("03-perceptual-features", "curves.svg")).toBe(4 + 2);
    expect(readFileSync(join(out, "03-perceptual-features", "pictures.svg"), "utf8").match(/<image/g)?.length).toBe(
      1 + 4 + 1 + 2,
    );
  });

  describe("perceptualDistances", () => {
    const picture = drawPicture(16);
    let device: Device;
    beforeAll(async () => {
      device = await cpu({ threads: 1 }).open();
    });
    afterAll(() => device.close());

    it("is 0 for the same picture, the same both ways, and grows with noise", async () => {
      const pyramid = (await openVgg(device)).features({ stages: ["stage1", "stage2"] });
      const [little, much] = [0.02, 0.2].map((deviation) => noisy(picture, deviation, new Philox(1)));
      const distance = (a: typeof picture, b: typeof picture) => perceptualDistances(pyramid, a, b);
      expect(await distance(picture, picture)).toEqual([0, 0]);
      const [there, back, far] = [
        await distance(picture, little!),
        await distance(little!, picture),
        await distance(picture, much!),
      ];
      for (const [stage, value] of there.entries()) {
        expect(back[stage]).toBeCloseTo(value, 7);
        expect(far[stage]).toBeGreaterThan(value);
      }
    });
  });

  it("shifts by whole pixels and blurs without changing a flat picture", () => {
    const picture = drawPicture(16);
    expect(shifted(picture, 2).values[5 * 16 + 9]).toBe(picture.values[5 * 16 + 7]);
    const flat = { side: 8, values: new Float32Array(3 * 64).fill(0.5) };
    expect(meanSquare(blurred(flat, 1.5), flat)).toBeLessThan(1e-12);
  });
});

describe("the figures", () => {
  it("have their data between the axes, linear or logarithmic", () => {
    const series = [
      {
        name: "a",
        color: "#000000",
        points: [
          [0, 1],
          [5, 10],
          [10, 100],
        ] as const,
      },
    ];
    const chart = lineCharts("figure", [{ title: "t", x: { label: "x" }, y: { label: "y", scale: "log" }, series }]);
    const [points] = chart.match(/(?<=points=")[^"]*(?=" fill="none" stroke="#000000")/) ?? [""];
    const [first, middle, last] = points.split(" ").map((point) => point.split(",").map(Number) as [number, number]);
    expect(middle).toEqual([(first![0] + last![0]) / 2, (first![1] + last![1]) / 2]);
    expect(last![1]).toBeLessThan(first![1]);
  });

  it("hold pictures as PNG, cut off at black and white", () => {
    const values = Float32Array.of(-1, 0, 0.5, 2, 1, 0.2, 0.4, 0.6, 0, 0, 0, 1);
    const png = Buffer.from(pngAddress({ side: 2, values }).replace("data:image/png;base64,", ""), "base64");
    const start = png.indexOf("IDAT") + 4;
    const rows = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
    expect([...rows]).toEqual([0, 0, 255, 0, 0, 51, 0, 0, 128, 102, 0, 255, 153, 255]);
  });
});
