import { describe, expect, test } from "vitest";
import { type LabelledDot, overlap, placeLabels, touches } from "./place-labels";

const plot = { x: 0, y: 0, width: 900, height: 500 };

/** Dots along two crowded lines, some on top of each other. */
const dots = Array.from({ length: 36 }, (_, i): LabelledDot => {
  const at = i % 2 === 0 ? ([200 + 12 * i, 120 + (i % 5) * 9] as const) : ([420 + 5 * i, 300 + (i % 7) * 6] as const);
  return { at, radius: 3 + (i % 4) * 5, label: `model_number_${i}` };
});

describe("placeLabels", () => {
  const places = placeLabels(dots, plot);

  test("leaves no label on another", () => {
    const pairs = places.flatMap((place, i) => places.slice(i + 1).map((other) => [place, other] as const));
    expect(pairs.filter(([a, b]) => overlap(a, b))).toEqual([]);
  });

  test("leaves no label on a dot", () => {
    expect(places.filter((place) => dots.some((dot) => touches(place, dot)))).toEqual([]);
  });

  test("keeps labels inside the plot", () => {
    const corner = [{ at: [898, 498], radius: 4, label: "a label in the corner" }] as const;
    const [place] = placeLabels(corner, plot);
    expect((place?.x ?? 0) + (place?.width ?? 0)).toBeLessThanOrEqual(900);
    expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual(500);
  });

  test("puts the label of a lone dot right beside it", () => {
    const [place] = placeLabels([{ at: [100, 100], radius: 5, label: "alone" }], plot);
    expect(place).toMatchObject({ x: 108, y: 93.5 });
  });
});
