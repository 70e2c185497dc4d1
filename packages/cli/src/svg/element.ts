/** Position in pixels: x to the right, y down. */
export type Point = readonly [x: number, y: number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of an element, by name; undefined ones are left out. Numbers are rounded to a tenth of a pixel. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Ink and lines; on the white ground that every drawing brings along, so that it is readable on dark pages too. */
export const COLORS = { ink: "#1f2328", muted: "#59636e", line: "#8c959f", grid: "#e4e8ec", ground: "#ffffff" } as const;

const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** One element with what is inside it, which is SVG already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const shown = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${shownValue(value)}"`],
  );
  const start = `<${name}${shown.join("")}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join("")}</${name}>`;
}

const shownValue = (value: string | number): string =>
  typeof value === "number" ? String(Math.round(value * 10) / 10 + 0) : escapeText(value);

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export const escapeText = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] as string);

/** A whole file: the drawing on a white ground, with a title for those who can't see it. */
export function svgDocument({ width, height }: Size, title: string, children: readonly string[]): string {
  const head = element("title", {}, escapeText(title));
  const ground = element("rect", { width, height, fill: COLORS.ground });
  const size = { viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`, width: Math.ceil(width), height: Math.ceil(height) };
  const attributes = { xmlns: "http://www.w3.org/2000/svg", ...size, role: "img", "font-family": FONT, "font-size": 12 };
  return `${element("svg", attributes, ["", head, ground, ...children, ""].join("\n"))}\n`;
}
