/** @typedef {readonly [x: number, y: number]} Point */

export const INK = "#24292f";
export const FAINT = "#d8dee4";

/**
 * A whole figure, on white so that it reads on a dark page too.
 * @param {{ title: string, width: number, height: number }} figure `title`: for those who don't see it
 * @param {string} content
 */
export function svg({ title, width, height }, content) {
  const frame = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  const font = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12"';
  const paper = `<rect width="${width}" height="${height}" fill="#ffffff"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${frame} ${font} fill="${INK}">\n<title>${escaped(title)}</title>\n${paper}\n${content}\n</svg>\n`;
}

/**
 * @param {string} content
 * @param {{ x: number, y: number, anchor?: "start" | "middle" | "end", attributes?: string }} place
 */
export function text(content, { x, y, anchor = "start", attributes = "" }) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

/**
 * @param {readonly Point[]} points
 * @param {{ color: string, width?: number, dash?: string }} style
 */
export function line(points, { color, width = 1, dash }) {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  const stroke = `stroke="${color}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ""}`;
  return `<polyline points="${path}" fill="none" ${stroke} stroke-linejoin="round"/>`;
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {string} color
 */
export const straight = (from, to, color) => line([from, to], { color });

const escaped = (/** @type {string} */ content) => content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
