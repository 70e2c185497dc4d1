import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import { type RandomAccess, readExactly } from "./random-access";

/** Compressed data, and what is known of it before it is inflated. */
export interface Deflated {
  /** As messages name it. */
  readonly name: string;
  readonly source: RandomAccess;
  /** Bytes that come out of all of it. */
  readonly bytes: number;
}

/** Deflate makes at most 1032 bytes of one (258 for each pair of one-bit codes). */
const MAX_RATIO = 1032;
/** Larger entries would be held in memory whole; files of such a size are stored, not deflated. */
const MAX_BYTES = 2 ** 31;
const CHUNK_BYTES = 2 ** 18;

/**
 * The first `length` bytes that raw deflate data gives; stops inflating there.
 * @throws FileFormatError if the data is broken, or doesn't give as many bytes as it should.
 */
export async function inflate({ name, source, bytes }: Deflated, length: number, where: string): Promise<Uint8Array> {
  const fail = (rule: string, got: string): never => {
    throw new FileFormatError(where, { rule: `${shownName(name)} ${rule}`, got, fix: "Is the file whole?" });
  };
  if (bytes > source.size * MAX_RATIO + 64) fail(`must inflate to what ${source.size} bytes can give`, `${bytes}`);
  if (length > MAX_BYTES) fail(`must inflate to at most ${MAX_BYTES} bytes`, `${length}`);
  const result = new Uint8Array(length);
  let done = 0;
  const reader = chunksOf(source, where).pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    while (done < length || length === bytes) {
      const { value, done: isOver } = await reader.read();
      if (isOver) break;
      if (length === bytes && done + value.byteLength > length) fail(`must inflate to ${bytes} bytes`, "more");
      const part = value.subarray(0, length - done);
      result.set(part, done);
      done += part.byteLength;
    }
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    fail("must be deflate data", error instanceof Error ? error.message : String(error));
  } finally {
    // Also of a stream that already failed: what it failed with was told above.
    await reader.cancel().catch(() => undefined);
  }
  if (done < length) fail(`must inflate to ${bytes} bytes`, `${done}`);
  return result;
}

function chunksOf(source: RandomAccess, where: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    async pull(controller) {
      const length = Math.min(CHUNK_BYTES, source.size - offset);
      if (length === 0) return controller.close();
      // A copy: streams may take over what they are given.
      controller.enqueue(new Uint8Array(await readExactly(source, offset, length, where)));
      offset += length;
    },
  });
}
