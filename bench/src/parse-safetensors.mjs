/** @typedef {import("./safetensors.mjs").Values} Values */

/**
 * The arrays of a safetensors file of f32; runs in a page too.
 * @param {Uint8Array} bytes
 * @returns {Map<string, Values>}
 */
export function parseSafetensors(bytes) {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const entries = Object.entries(header).map(
    ([
      name,
      {
        shape,
        data_offsets: [from, to],
      },
    ]) => [name, { shape, data: new Float32Array(bytes.slice(start + from, start + to).buffer) }],
  );
  return new Map(entries);
}
