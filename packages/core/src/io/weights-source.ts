import { ArgumentError } from "../errors";
import { fromBytes, type RandomAccess } from "./random-access";
import type { OpenSibling } from "./safetensors-shards";

/** A path (in Node), an address, or the bytes themselves. */
export type WeightsSource = string | AddressLike | BlobLike | Uint8Array | ArrayBuffer | RandomAccess;

/** A `URL`; structural, so that programs need neither the DOM's types nor Node's. */
export interface AddressLike {
  readonly href: string;
}

/** A `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  readonly name?: string;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A source being read. */
export interface OpenedSource {
  readonly source: RandomAccess;
  /** What stands in front of error messages. */
  readonly where: string;
  /** Opens a file beside it; undefined for bytes, which have none. */
  readonly openSibling?: OpenSibling;
  /** Closes it and all siblings that were opened. */
  close(): Promise<void>;
}

/**
 * Opens files by ranges where there is a file system; `http:`, `https:`, `blob:` and `data:` addresses, and all others in
 * browsers, are fetched whole.
 * @throws ArgumentError if it is none of these, there is no such file, or the address doesn't give it.
 */
export async function openSource(source: WeightsSource): Promise<OpenedSource> {
  requireSource(source);
  if (source instanceof Uint8Array) return unnamed(fromBytes(source), "load");
  if (source instanceof ArrayBuffer) return unnamed(fromBytes(new Uint8Array(source)), "load");
  if (typeof source !== "string" && "slice" in source) return unnamed(fromBlob(source), source.name ?? "blob");
  if (typeof source !== "string" && !("href" in source)) return unnamed(source, "load");
  const address = typeof source === "string" ? source : source.href;
  const fs = /^(https?|blob|data):/.test(address) ? undefined : nodeModule<typeof import("node:fs/promises")>("node:fs/promises");
  if (fs === undefined) {
    const openSibling: OpenSibling = (name) => fetchWhole(address.replace(/[^/?#]*([?#].*)?$/, (_, query = "") => name + query));
    return { ...unnamed(await fetchWhole(address), address), openSibling };
  }
  const path = /^file:/.test(address) ? new URL(address) : address;
  const files = [await openFile(fs, path)];
  const openSibling: OpenSibling = async (name) => {
    const beside = path instanceof URL ? new URL(name, path) : path.replace(/[^/\\]*$/, name);
    const file = await openFile(fs, beside);
    files.push(file);
    return file;
  };
  const close = async () => void (await Promise.all(files.map((file) => file.close())));
  return { source: files[0] as RandomAccess, where: address, openSibling, close };
}

/** For callers without types. */
function requireSource(source: unknown): asserts source is WeightsSource {
  if (typeof source === "string" || source instanceof Uint8Array || source instanceof ArrayBuffer) return;
  const has = (name: string, type: string) => typeof (source as Record<string, unknown> | null | undefined)?.[name] === type;
  if (has("href", "string") || (has("size", "number") && (has("slice", "function") || has("read", "function")))) return;
  const rule = "source must be a path, a URL, a Blob, bytes (Uint8Array or ArrayBuffer) or a RandomAccess";
  const got = typeof source === "object" && source !== null ? (source.constructor?.name ?? "an object") : String(source);
  throw new ArgumentError("load", { rule, got, fix: 'Pass the file\'s path: load("model.safetensors")' });
}

const unnamed = (source: RandomAccess, where: string): OpenedSource => ({ source, where, close: async () => {} });

const fromBlob = (blob: BlobLike): RandomAccess => ({
  size: blob.size,
  read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
});

async function fetchWhole(address: string): Promise<RandomAccess> {
  const response = await fetch(address).catch((error: unknown) => {
    const got = error instanceof Error ? error.message : String(error);
    throw new ArgumentError(address, { rule: "the address must be within reach", got, fix: "Check the address" });
  });
  if (!response.ok) {
    const got = `status ${response.status}`;
    throw new ArgumentError(address, { rule: "the address must give the file", got, fix: "Check the address" });
  }
  return fromBytes(new Uint8Array(await response.arrayBuffer()));
}

type FileSystem = typeof import("node:fs/promises");

async function openFile(fs: FileSystem, path: string | URL): Promise<RandomAccess & { close(): Promise<void> }> {
  const file = await fs.open(path).catch((error: NodeJS.ErrnoException) => {
    const got = error.code === "ENOENT" ? "none" : error.message;
    throw new ArgumentError(String(path), { rule: "there must be a readable file", got, fix: "Check the path" });
  });
  const stat = await file.stat();
  if (!stat.isFile()) {
    await file.close();
    throw new ArgumentError(String(path), { rule: "it must be a file", got: "a folder or device", fix: "Check the path" });
  }
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  };
  return { size: stat.size, read, close: () => file.close() };
}

/** A module of Node's own where there is one, found without an import so that bundlers never see it. */
function nodeModule<T>(name: string): T | undefined {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => T | undefined } };
  return host.process?.getBuiltinModule?.(name);
}
