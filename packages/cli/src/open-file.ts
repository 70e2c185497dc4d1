import {
  ArgumentError,
  FileFormatError,
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
 * @throws ArgumentError if there is no such file. @throws FileFormatError if it isn't what it should be, or no tensor has a name.
 */
export const usingWeights = <T>(path: string, fn: (file: WeightsFile) => Promise<T>): Promise<T> =>
  usingFile(path, async ({ source, openSibling }) => {
    const file = await openWeights(source, path, openSibling && { openSibling });
    requireNames(path, file);
    return fn(file);
  });

/** What readers call a tensor that is the whole of a pickle, and those of a list. */
const UNNAMED = /^(?:tensor|\d+)$/;

function requireNames(path: string, { entries, format }: WeightsFile): void {
  const isPickle = format === "pth" || format === "legacy pth";
  const names = [...entries.keys()];
  if (names.some((name) => !isPickle || !UNNAMED.test(name))) return;
  const got = names.length === 0 ? "none" : names.length === 1 ? "one tensor without a name" : `${names.length} without names`;
  const fix = "Save the model's state_dict()";
  throw new FileFormatError(path, { rule: "it must hold the named tensors of a model", got, fix });
}

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
