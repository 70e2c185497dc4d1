import { ArgumentError, FileFormatError } from "@vertebra/core";
import { parseIdxHeader, wrongSize } from "./idx";
import { nodeModule } from "./node-modules";

/**
 * The bytes of the IDX file `path`, or of `path.gz` unpacked. The header decides how many bytes are read or unpacked: a file
 * of another size is refused before they are, so a gzip bomb stops at the size that its header promised. Node only.
 * @throws ArgumentError if there is neither. @throws FileFormatError if the size is wrong or the compression damaged.
 */
export async function readIdxFile(path: string): Promise<Uint8Array> {
  const { readFile } = nodeModule("node:fs/promises", path);
  const plain = await peek(path);
  if (plain !== undefined) {
    const { shape, fileBytes } = parseIdxHeader(plain.start, path);
    if (fileBytes !== plain.size) throw wrongSize(path, shape, fileBytes, plain.size);
    return readFile(path);
  }
  const packed = await peek(`${path}.gz`);
  if (packed !== undefined) return unpack(`${path}.gz`, packed);
  const got = "neither it nor the same with .gz";
  throw new ArgumentError(path, { rule: "the file must exist", got, fix: "Give the folder of the four IDX files" });
}

/** Bytes read to see a header: more than any IDX header, plain or as the start of a gzip stream. */
const PEEK_BYTES = 4096;
/** Deflate packs 258 bytes into 2 bits at best (zlib's technical details). */
const MAX_DEFLATE_RATIO = 1032;

interface Peek {
  readonly size: number;
  readonly start: Uint8Array;
}

async function peek(path: string): Promise<Peek | undefined> {
  const { open } = nodeModule("node:fs/promises", path);
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new ArgumentError(path, { rule: "the file must be readable", got: error.code ?? error.message });
  });
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new ArgumentError(path, { rule: "the path must be a file", got: "something else" });
    const { buffer, bytesRead } = await file.read(new Uint8Array(PEEK_BYTES), 0, PEEK_BYTES, 0);
    return { size: stats.size, start: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

async function unpack(path: string, { size, start }: Peek): Promise<Uint8Array> {
  const { readFile } = nodeModule("node:fs/promises", path);
  const { constants, gunzip } = nodeModule("node:zlib", path);
  const unzip = nodeModule("node:util", path).promisify<Uint8Array, object, Uint8Array>(gunzip);
  const unpacked = async (bytes: Uint8Array, options: object) =>
    unzip(bytes, options).catch((error: NodeJS.ErrnoException) => {
      const isTooLong = error.code === "ERR_BUFFER_TOO_LARGE";
      const rule = isTooLong ? "the file must unpack to no more than its header says" : "the file must be whole gzip data";
      throw new FileFormatError(path, { rule, got: isTooLong ? "more" : error.message });
    });
  // Z_SYNC_FLUSH takes a stream that ends early: 4 KiB unpack to 4 MiB at most.
  const head = await unpacked(start, { finishFlush: constants.Z_SYNC_FLUSH });
  const { shape, fileBytes } = parseIdxHeader(head, path);
  if (fileBytes > size * MAX_DEFLATE_RATIO) throw wrongSize(path, shape, fileBytes, size);
  return unpacked(await readFile(path), { maxOutputLength: fileBytes });
}
