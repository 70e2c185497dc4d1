import { type Attributes, COLORS, element, escapeText, type Point, type Size } from "./element";

/** Upper left corner and size. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/** A line of text. Anchored in its middle unless `text-anchor` says otherwise; y is the baseline. */
export const text = ([x, y]: Point, content: string, attributes: Attributes = {}): string =>
  element("text", { x, y, fill: COLORS.ink, "text-anchor": "middle", ...attributes }, escapeText(content));

/** Lines of text below each other, their block's middle at the point. The first is bold where there are more. */
export function textBlock([x, y]: Point, lines: readonly string[], attributes: Attributes = {}): string {
  const top = y - ((lines.length - 1) * LINE_HEIGHT) / 2 + 4;
  const weight = (i: number) => (i === 0 && lines.length > 1 ? 600 : undefined);
  return lines.map((line, i) => text([x, top + i * LINE_HEIGHT], line, { "font-weight": weight(i), ...attributes })).join("");
}

export const LINE_HEIGHT = 15;

/** Width of a line of text, from above: fonts differ, so figures leave room for the wider ones. */
export const textWidth = (content: string, fontSize = 12): number => content.length * fontSize * 0.6;

export const line = ([x1, y1]: Point, [x2, y2]: Point, attributes: Attributes = {}): string =>
  element("line", { x1, y1, x2, y2, stroke: COLORS.line, ...attributes });

export const circle = ([cx, cy]: Point, r: number, attributes: Attributes): string =>
  element("circle", { cx, cy, r, ...attributes });

export const rectangle = ({ x, y, width, height }: Rectangle, attributes: Attributes): string =>
  element("rect", { x, y, width, height, ...attributes });

/** A rectangle with lines of text in its middle. */
export const box = (at: Rectangle, lines: readonly string[], attributes: Attributes = {}): string =>
  rectangle(at, { rx: 5, fill: "#f6f8fa", stroke: COLORS.line, ...attributes }) +
  textBlock([at.x + at.width / 2, at.y + at.height / 2], lines);

const HEAD = { length: 8, half: 3.5 } as const;

/** A line through the points, with a head at its end; the last piece must be longer than the head. */
export function arrow(points: readonly [Point, Point, ...Point[]], attributes: Attributes = {}): string {
  const [[fromX, fromY], [x, y]] = points.slice(-2) as [Point, Point];
  const length = Math.hypot(x - fromX, y - fromY);
  const [dx, dy] = [(x - fromX) / length, (y - fromY) / length];
  const [baseX, baseY] = [x - HEAD.length * dx, y - HEAD.length * dy];
  const corner = (side: 1 | -1): Point => [baseX - side * HEAD.half * dy, baseY + side * HEAD.half * dx];
  const stroke = attributes.stroke ?? COLORS.muted;
  const shaft = [...points.slice(0, -1), [baseX, baseY] as const];
  return (
    element("polyline", { points: pointList(shaft), fill: "none", stroke, "stroke-width": 1.4, ...attributes }) +
    element("polygon", { points: pointList([[x, y], corner(1), corner(-1)]), fill: stroke })
  );
}

export const polygon = (points: readonly Point[], attributes: Attributes): string =>
  element("polygon", { points: pointList(points), ...attributes });

const pointList = (points: readonly Point[]): string =>
  points.map((point) => point.map((value) => String(Math.round(value * 10) / 10 + 0)).join(",")).join(" ");
