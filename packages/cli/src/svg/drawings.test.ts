import { expect, test } from "vitest";
import { flowChart } from "./flow";
import { mapBoxes } from "./map-boxes";
import { scatter } from "./scatter";

const count = (svg: string, pattern: RegExp) => [...svg.matchAll(pattern)].length;

test("the boxes of maps are as high as the square roots of their sides", () => {
  const svg = mapBoxes(
    [
      { channels: 3, side: 64, lines: ["image"] },
      { channels: 48, side: 16, lines: ["conv1"] },
    ],
    "two maps",
  );
  // The first face of each box: lower left, lower right, upper right, upper left.
  const faces = [...svg.matchAll(/<polygon points="([^"]+)" fill="#9ecbff"/g)].map(([, points]) =>
    (points as string).split(" ").map((point) => point.split(",").map(Number)),
  );
  const heights = faces.map(([bottom, , , top]) => (bottom?.[1] ?? 0) - (top?.[1] ?? 0));
  expect((heights[0] ?? 0) / (heights[1] ?? 1)).toBeCloseTo(2, 2);
  expect(count(svg, /<polyline/g)).toBe(1);
});

test("a flow chart has an arrow for each edge, and a way around that ends at its target's side", () => {
  const svg = flowChart(
    [
      {
        title: "residual",
        steps: {
          x: { at: [0, 0], lines: ["x"], kind: "value" },
          conv: { at: [0, 1], lines: ["3×3"] },
          sum: { at: [0, 2], lines: [], kind: "sum" },
        },
        edges: [
          { from: "x", to: "conv" },
          { from: "conv", to: "sum" },
          { from: "x", to: "sum", around: 0.7 },
        ],
      },
    ],
    "a block",
  );
  expect(count(svg, /<polyline/g)).toBe(3);
  const [, sumX, sumY] = /<circle cx="([\d.]+)" cy="([\d.]+)"/.exec(svg) as RegExpExecArray;
  const last = [...svg.matchAll(/<polygon points="([\d.]+),([\d.]+) /g)].at(-1) as RegExpExecArray;
  expect([Number(last[1]), last[2]]).toEqual([Number(sumX) + 11, sumY]);
});

test("a scatter's dots have areas in proportion to their sizes", () => {
  const axis = { title: "", format: String };
  const point = (label: string, x: number, size: number) => ({ label, x, y: x, size, group: "all" });
  const text = { title: "t", x: axis, y: axis, sizes: [], notes: [] };
  const svg = scatter([point("small", 1, 25), point("large", 10, 100)], text);
  const radii = [...svg.matchAll(/<circle [^>]* r="([\d.]+)"/g)].map(([, r]) => Number(r));
  expect((radii[1] ?? 0) / (radii[0] ?? 1)).toBe(2);
});
