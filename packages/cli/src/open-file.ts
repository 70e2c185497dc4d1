import {
  ArgumentError,
  type OpenedSource,
  openSafetensors,
  openSource,
  openWeights,
  type SafetensorsFile,
  type WeightsFile,
} from "@vertebra/core";

/**
 * Opens a safetensors file on disk for `fn` and closes it afterwards; tensors are read one by one.
 * @throws ArgumentError if there is no such file. @throws FileFormatError if it isn't what it should be.
 */
export const usingSafetensors = <T>(path: string, fn: (file: SafetensorsFile) => Promise<T>): Promise<T> =>
  usingFile(path, async ({ source }) => fn(await openSafetensors(source, path)));

/**
 * Opens weights of any format that core reads for `fn`, and closes them afterwards; tensors are read one by one.
 * @throws ArgumentError if there is no such file. @throws FileFormatError if it isn't what it should be.
 */
export const usingWeights = <T>(path: string, fn: (file: WeightsFile) => Promise<T>): Promise<T> =>
  usingFile(path, async ({ source, openSibling }) => fn(await openWeights(source, path, openSibling && { openSibling })));

async function usingFile<T>(path: string, fn: (opened: OpenedSource) => Promise<T>): Promise<T> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new ArgumentError(path, { rule: "it must be a path or hf://…", got: "another address", fix: "Download it first" });
  }
  const opened = await openSource(path);
  try {
    return await fn(opened);
  } finally {
    await opened.close();
  }
}
