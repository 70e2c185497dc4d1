import type { Point } from "./element";
import type { Rectangle } from "./shapes";
import { textWidth } from "./shapes";

/** A dot and what is to be written beside it. */
export interface LabelledDot {
  readonly at: Point;
  readonly radius: number;
  readonly label: string;
}

const HEIGHT = 13;
const GAP = 3;
const DIRECTIONS = 24;
const FARTHEST = 260;

/**
 * A place for each label, so that none covers another, a dot or the border of the plot: of the free places around its dot the
 * nearest, right and left before others. Labels of crowded dots go first. @returns rectangles in the order of the dots.
 */
export function placeLabels(dots: readonly LabelledDot[], plot: Rectangle): readonly Rectangle[] {
  const crowd = ({ at }: LabelledDot) => dots.filter((other) => distance(at, other.at) < 60).length;
  const order = dots.map((_, i) => i).sort((a, b) => crowd(dots[b] as LabelledDot) - crowd(dots[a] as LabelledDot));
  const placed = new Map<number, Rectangle>();
  for (const i of order) {
    const dot = dots[i] as LabelledDot;
    const isFree = (place: Rectangle) =>
      isInside(place, plot) &&
      [...placed.values()].every((other) => !overlap(place, other)) &&
      dots.every((other) => !touches(place, other));
    const places = candidates(dot);
    placed.set(i, places.find(isFree) ?? (places[0] as Rectangle));
  }
  return dots.map((_, i) => placed.get(i) as Rectangle);
}

/** Places around a dot, nearest first. */
function candidates({ at: [x, y], radius, label }: LabelledDot): Rectangle[] {
  const [width, height] = [textWidth(label, 11), HEIGHT];
  const places: Rectangle[] = [];
  for (let away = radius + GAP; away < FARTHEST; away += 4) {
    for (let i = 0; i < DIRECTIONS; i++) {
      // Right, left, then farther and farther from the horizontal.
      const angle = (i % 2 === 0 ? 0 : Math.PI) + ((i % 4 < 2 ? 1 : -1) * Math.floor((i + 2) / 4) * Math.PI) / (DIRECTIONS / 2);
      const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
      // The label's point nearest to the dot lies on the circle of that distance.
      places.push({
        x: x + away * dx + ((dx - 1) / 2) * width,
        y: y + away * dy + ((dy - 1) / 2) * height,
        width,
        height,
      });
    }
  }
  return places;
}

const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by);

const isInside = (inner: Rectangle, outer: Rectangle): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

export const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Whether a label covers a part of a dot. */
export const touches = (place: Rectangle, { at: [x, y], radius }: LabelledDot): boolean =>
  distance([clamp(x, place.x, place.x + place.width), clamp(y, place.y, place.y + place.height)], [x, y]) < radius + 1;

export const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
