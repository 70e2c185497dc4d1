import { COLORS, type Point, svgDocument } from "./element";
import { arrow, LINE_HEIGHT, polygon, text, textWidth } from "./shapes";

/** A feature map on its way through a network. */
export interface MapBox {
  readonly channels: number;
  /** Height and width of the map, in pixels; 1 for a vector. */
  readonly side: number;
  /** Lines below the box, the first in bold. */
  readonly lines: readonly string[];
}

const TALLEST = 150;
const THICKEST = 64;
const MARGIN = 24;
/** Depth of the box to the back, as a share of its height. */
const SLANT = 0.28;
const FACES = { front: "#9ecbff", top: "#cfe6ff", side: "#6ba7e8" } as const;

/**
 * A network as boxes from left to right: their height after the square root of the maps' side, their thickness after that of
 * the channels, so that both ends of a network can be seen in one drawing.
 */
export function mapBoxes(boxes: readonly MapBox[], title: string): string {
  const [tallest, thickest] = [Math.max(...boxes.map(({ side }) => side)), Math.max(...boxes.map(({ channels }) => channels))];
  const base = MARGIN + TALLEST * (1 + SLANT / 2);
  let x = MARGIN;
  const shown = boxes.map(({ channels, side, lines }, i) => {
    const height = TALLEST * Math.sqrt(side / tallest);
    const width = Math.max(4, THICKEST * Math.sqrt(channels / thickest));
    const slant = height * SLANT;
    const column = Math.max(width + slant, ...lines.map((line) => textWidth(line))) + 14;
    const left = x + (column - width - slant) / 2;
    const middle = (MARGIN + base) / 2 + 6;
    x += column + (i < boxes.length - 1 ? GAP : 0);
    const labels = lines.map((line, row) =>
      text(
        [left + (width + slant) / 2, base + 24 + row * LINE_HEIGHT],
        line,
        row === 0 ? { "font-weight": 600 } : { fill: COLORS.muted },
      ),
    );
    return {
      drawn: cuboid([left, middle + height / 2], { width, height, slant }) + labels.join(""),
      right: left + width + slant,
      left,
    };
  });
  const middle = (MARGIN + base) / 2 + 6;
  const arrows = shown.slice(1).map(({ left }, i) =>
    arrow([
      [(shown[i]?.right ?? 0) + 4, middle],
      [left - 4, middle],
    ]),
  );
  const rows = Math.max(...boxes.map(({ lines }) => lines.length));
  const height = base + 24 + rows * LINE_HEIGHT;
  return svgDocument({ width: x + MARGIN, height }, title, [...shown.map(({ drawn }) => drawn), ...arrows]);
}

const GAP = 10;

interface CuboidSize {
  readonly width: number;
  readonly height: number;
  readonly slant: number;
}

/** A box seen from its front left, the lower left corner of its front at the point. */
function cuboid([x, y]: Point, { width, height, slant }: CuboidSize): string {
  const [right, top, back] = [x + width, y - height, slant / 2];
  const edge = { stroke: "#2f6fb5", "stroke-width": 1, "stroke-linejoin": "round" };
  return (
    polygon(
      [
        [x, y],
        [right, y],
        [right, top],
        [x, top],
      ],
      { fill: FACES.front, ...edge },
    ) +
    polygon(
      [
        [x, top],
        [right, top],
        [right + slant, top - back],
        [x + slant, top - back],
      ],
      { fill: FACES.top, ...edge },
    ) +
    polygon(
      [
        [right, y],
        [right + slant, y - back],
        [right + slant, top - back],
        [right, top],
      ],
      { fill: FACES.side, ...edge },
    )
  );
}
