import { open } from "node:fs/promises";
import { ArgumentError, openSafetensors, type RandomAccess, type SafetensorsFile } from "@vertebra/core";

/**
 * Opens a safetensors file on disk for `fn` and closes it afterwards; tensors are read one by one.
 * @throws ArgumentError if there is no such file. @throws FileFormatError if it isn't what it should be.
 */
export async function usingSafetensors<T>(path: string, fn: (file: SafetensorsFile) => Promise<T>): Promise<T> {
  return usingFile(path, async (source) => fn(await openSafetensors(source, path)));
}

/** Opens a file for reading in pieces. @throws ArgumentError naming the path and what is wrong with it. */
async function usingFile<T>(path: string, fn: (source: RandomAccess) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "none" : error.message;
    throw new ArgumentError(path, { rule: "there must be a readable file", got: why, fix: "Check the path" });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile())
      throw new ArgumentError(path, { rule: "it must be a file", got: "a folder or device", fix: "Check the path" });
    return await fn({
      size: stat.size,
      read: async (offset, length) => {
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      },
    });
  } finally {
    await file.close();
  }
}
