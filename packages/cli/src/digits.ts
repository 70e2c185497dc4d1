import { formatPercent } from "./format";
import type { Output } from "./output";
import type { Prediction } from "./probabilities";

/** Side of the square that a digit of a 28 × 28 image fills, and of the picture that is drawn of it. */
const CROP = 22;
const SIDE = 14;
const GAP = "  ";
/** Share of white from which a pixel is drawn where there are no greys. */
const INK = 0.35;
/** Of the 24 greys between black and white in terminals: from 232 on. */
const GREYS = 24;

export interface Digit {
  /** 28 × 28, 0 (black) to 255. */
  readonly pixels: Uint8Array;
  readonly label: string;
  readonly predictions: readonly Prediction[];
}

/** Digits side by side, two rows of pixels per line, with the two most probable classes below; 16 columns each. */
export function drawDigits(digits: readonly Digit[], output: Output): string[] {
  const pictures = digits.map(({ pixels }) => shrink(pixels));
  const rows = Array.from({ length: SIDE / 2 }, (_, row) =>
    pictures.map((picture) => drawRow(picture.slice(2 * row * SIDE, (2 * row + 2) * SIDE), output)),
  );
  const guesses = [0, 1].map((rank) => digits.map((digit) => caption(digit, rank, output)));
  const mistakes = digits.map(({ label, predictions }) =>
    (predictions[0]?.label === label ? "" : `it is a ${label}`).padEnd(SIDE),
  );
  const lines = [
    ...rows,
    ...guesses,
    ...(mistakes.some((text) => text.trim() !== "") ? [mistakes.map((text) => output.paint("yellow", text))] : []),
  ];
  return lines.map((cells) => `  ${cells.join(GAP)}`.trimEnd());
}

/** `7 ████  99.8 %` in 14 columns. */
function caption({ label, predictions }: Digit, rank: number, output: Output): string {
  const { label: guess, probability } = predictions[rank] as Prediction;
  const bar = "▇".repeat(Math.round(probability * 4)).padEnd(4);
  const style = rank > 0 ? "dim" : guess === label ? "green" : "red";
  return output.paint(style, `${guess} ${bar} ${formatPercent(probability, 1).padStart(7)}`.padEnd(SIDE));
}

/** The middle of the image at half the size, averaged by area; 0 to 1. */
function shrink(pixels: Uint8Array): Float64Array {
  const scale = CROP / SIDE;
  const offset = (28 - CROP) / 2;
  const overlap = (from: number, at: number) => Math.max(0, Math.min((from + 1) * scale, at + 1) - Math.max(from * scale, at));
  return Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    let sum = 0;
    for (let v = Math.floor(y * scale); v < (y + 1) * scale; v++) {
      for (let u = Math.floor(x * scale); u < (x + 1) * scale; u++) {
        sum += overlap(y, v) * overlap(x, u) * (pixels[(v + offset) * 28 + u + offset] as number);
      }
    }
    return sum / (255 * scale * scale);
  });
}

/** Two rows of pixels as one line: the upper half block in the colour of the upper one on that of the lower one. */
function drawRow(two: Float64Array, output: Output): string {
  const pairs = Array.from({ length: SIDE }, (_, x) => [two[x] as number, two[SIDE + x] as number] as const);
  if (!output.hasColor) return pairs.map(([upper, lower]) => " ▄▀█"[(upper > INK ? 2 : 0) + (lower > INK ? 1 : 0)]).join("");
  const grey = (value: number) => 232 + Math.min(GREYS - 1, Math.floor(value * GREYS));
  return `${pairs.map(([upper, lower]) => `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`).join("")}\x1b[0m`;
}
