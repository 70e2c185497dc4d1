import { FileFormatError } from "../errors";
import { isZippedNpz, openZippedNpz } from "./npz";
import { openLegacyPth } from "./pth-legacy";
import { isZippedPth, openZippedPth } from "./pth-zip";
import { type RandomAccess, readExactly } from "./random-access";
import { headText, isTfjsModel, refusedFormat } from "./refused-format";
import { openSafetensors } from "./safetensors";
import { type OpenSibling, openSafetensorsShards } from "./safetensors-shards";
import type { TensorFile } from "./tensor-file";
import { openZip } from "./zip";

export interface OpenWeightsOptions {
  /** Opens a file beside this one; needed for the index of sharded safetensors. */
  readonly openSibling?: OpenSibling;
}

/** Enough of a file to tell its format. */
const HEAD_BYTES = 512;

/**
 * Opens a file of weights, whichever format its first bytes show: safetensors, an index of sharded safetensors, PyTorch's
 * .pth/.pt/.bin (both formats) or NumPy's .npz. The name's ending doesn't matter. Tensors are read one by one.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if it is none of these, saying what it seems to be, or isn't as its format says.
 */
export async function openWeights(source: RandomAccess, where: string, options: OpenWeightsOptions = {}): Promise<TensorFile> {
  const head = await readExactly(source, 0, Math.min(HEAD_BYTES, source.size), where);
  const startsWith = (...bytes: readonly number[]) => bytes.every((byte, i) => head[i] === byte);
  if (startsWith(0x50, 0x4b, 0x03, 0x04) || startsWith(0x50, 0x4b, 0x05, 0x06)) return openZipped(source, where, head);
  if (startsWith(PICKLE_PROTOCOL) && (head[1] ?? 255) <= 5) return openLegacyPth(source, where);
  if (isSafetensors(head, source.size)) return openSafetensors(source, where);
  if (!isIndex(head)) throw refusedFormat(head, where);
  if (options.openSibling !== undefined) return openSafetensorsShards(source, where, options.openSibling);
  const rule = "an index of shards must come with a way to open them";
  throw new FileFormatError(where, { rule, got: "none", fix: "Pass the file's path or URL, or { openSibling }" });
}

const PICKLE_PROTOCOL = 0x80;

async function openZipped(source: RandomAccess, where: string, head: Uint8Array): Promise<TensorFile> {
  const zip = await openZip(source, where);
  if (isZippedPth(zip)) return openZippedPth(zip, where);
  if (isZippedNpz(zip)) return openZippedNpz(zip, where);
  throw refusedFormat(head, where);
}

/** A length that fits the file, then the `{` of the header. */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.byteLength < 9 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length <= BigInt(size - 8);
}

function isIndex(head: Uint8Array): boolean {
  const text = headText(head);
  return text.trimStart().startsWith("{") && !isTfjsModel(text);
}
