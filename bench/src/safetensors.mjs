import { readFileSync, writeFileSync } from "node:fs";
import { parseSafetensors } from "./parse-safetensors.mjs";

/** @typedef {{ shape: readonly number[], data: Float32Array }} Values */

/**
 * Writes f32 arrays as a safetensors file.
 * @param {string} path
 * @param {Iterable<readonly [string, Values]>} tensors
 */
export function writeSafetensors(path, tensors) {
  const header = {};
  const parts = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  // The header is padded, so that the data starts on 8 bytes.
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, ...parts]));
}

/**
 * The arrays of a file that `writeSafetensors` made.
 * @param {string} path
 * @returns {Map<string, Values>}
 */
export const readSafetensors = (path) => parseSafetensors(new Uint8Array(readFileSync(path)));
