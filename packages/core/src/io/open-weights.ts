import { FileFormatError } from "../errors";
import { refusedBarePickle } from "./bare-pickle";
import { isZippedNpz, openZippedNpz } from "./npz";
import { openLegacyPth } from "./pth-legacy";
import { isZippedPth, openZippedPth } from "./pth-zip";
import { type RandomAccess, readExactly } from "./random-access";
import { headText, isTfjsModel, refusedFormat } from "./refused-format";
import { openSafetensors } from "./safetensors";
import { type OpenSibling, openSafetensorsShards } from "./safetensors-shards";
import type { TensorFile } from "./tensor-file";
import { openTfjsLayers } from "./tfjs-layers";
import { openZip } from "./zip";

export interface OpenWeightsOptions {
  /** Opens a file beside this one; needed for the index of sharded safetensors and for model.json. */
  readonly openSibling?: OpenSibling;
}

/** A file of weights with the name of its format. */
export interface WeightsFile extends TensorFile {
  readonly format: "safetensors" | "safetensors index" | "pth" | "legacy pth" | "npz" | "tfjs-layers";
}

/** Enough of a file to tell its format. */
const HEAD_BYTES = 512;
/** The longest header of safetensors. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Opens a file of weights, whichever format its first bytes show: safetensors, an index of sharded safetensors, PyTorch's
 * .pth/.pt/.bin (both formats), NumPy's .npz or the model.json of a Keras model of TensorFlow.js. The name's ending doesn't matter. Tensors are read one by one.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if it is none of these, saying what it seems to be, or isn't as its format says.
 */
export async function openWeights(source: RandomAccess, where: string, options: OpenWeightsOptions = {}): Promise<WeightsFile> {
  const head = await readExactly(source, 0, Math.min(HEAD_BYTES, source.size), where);
  const startsWith = (...bytes: readonly number[]) => bytes.every((byte, i) => head[i] === byte);
  if (startsWith(0x50, 0x4b, 0x03, 0x04) || startsWith(0x50, 0x4b, 0x05, 0x06)) return openZipped(source, where, head);
  if (startsWith(PICKLE_PROTOCOL) && (head[1] ?? 255) <= 5)
    return { ...(await openLegacyPth(source, where)), format: "legacy pth" };
  if (isSafetensors(head, source.size)) return { ...(await openSafetensors(source, where)), format: "safetensors" };
  if (!isJson(head)) throw (await refusedBarePickle(source, where)) ?? refusedFormat(head, where);
  const { openSibling } = options;
  if (openSibling && isTfjsModel(headText(head))) {
    return { ...(await openTfjsLayers(source, where, openSibling)), format: "tfjs-layers" };
  }
  if (openSibling) return { ...(await openSafetensorsShards(source, where, openSibling)), format: "safetensors index" };
  const rule = "an index of shards must come with a way to open them";
  throw new FileFormatError(where, { rule, got: "none", fix: "Pass the file's path or URL, or { openSibling }" });
}

const PICKLE_PROTOCOL = 0x80;

async function openZipped(source: RandomAccess, where: string, head: Uint8Array): Promise<WeightsFile> {
  const zip = await openZip(source, where);
  if (isZippedPth(zip)) return { ...(await openZippedPth(zip, where)), format: "pth" };
  if (isZippedNpz(zip)) return { ...(await openZippedNpz(zip, where)), format: "npz" };
  throw refusedFormat(head, where);
}

/** The length of a header, then its `{`. */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.byteLength < 9 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  // Also where the file ends before: it is then one that was cut short.
  return length <= BigInt(Math.max(size - 8, MAX_HEADER_BYTES));
}

const isJson = (head: Uint8Array): boolean => headText(head).trimStart().startsWith("{");
