import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const RGB_8_BIT = [8, 2, 0, 0, 0];

/**
 * A square picture as a PNG in a `data:` address, for an `<image>` of an SVG.
 * @param {{ side: number, values: Float32Array }} picture values [3, side, side]; below 0 and above 1 they are cut off
 */
export function pngAddress({ side, values }) {
  const plane = side * side;
  // Each row starts with its filter: 0, none.
  const rows = new Uint8Array(side * (1 + 3 * side));
  for (let i = 0; i < 3 * plane; i++) {
    const [row, column, channel] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side, i % 3];
    const value = values[channel * plane + row * side + column] ?? 0;
    rows[row * (1 + 3 * side) + 1 + 3 * column + channel] = Math.round(255 * Math.min(1, Math.max(0, value)));
  }
  const header = Buffer.from([...uint32(side), ...uint32(side), ...RGB_8_BIT]);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))];
  return `data:image/png;base64,${Buffer.concat([SIGNATURE, ...chunks]).toString("base64")}`;
}

/**
 * Length, type, data, checksum of the two before.
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  return Buffer.concat([Buffer.from(uint32(data.length)), body, Buffer.from(uint32(crc32(body)))]);
}

/** Big-endian bytes. @param {number} value */
const uint32 = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
