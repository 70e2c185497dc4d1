import { FileFormatError } from "../errors";

interface Row {
  readonly what: string;
  /** Of the file's first bytes, a character each, in lower case. */
  readonly isIt: (head: string) => boolean;
  readonly fix: string;
}

const starts =
  (...starts: readonly string[]) =>
  (head: string): boolean =>
    starts.some((start) => head.startsWith(start));

const CONVERT = "Convert it to safetensors in Python";

/** What a file may be instead of weights; the first that fits. */
const FORMATS: readonly Row[] = [
  { what: "an empty file", isIt: (head) => head === "", fix: "Download it again" },
  {
    what: "a Git LFS pointer, not the file it stands for",
    isIt: starts("version https://git-lfs"),
    fix: "Run `git lfs pull`, or download the file itself",
  },
  {
    what: "a web page",
    isIt: (head) => starts("<!doctype", "<html", "<?xml", "<!--")(head.trimStart()),
    fix: "The address gave a page: use the direct link to the file",
  },
  {
    what: "one NumPy array (.npy)",
    isIt: starts("\x93numpy"),
    fix: "Read it with readNpy, or save named arrays with numpy.savez",
  },
  {
    what: "HDF5 (.h5)",
    isIt: starts("\x89hdf"),
    fix: "Of Keras: tensorflowjs_converter makes a model.json of it, which is read",
  },
  { what: "GGUF", isIt: starts("gguf"), fix: CONVERT },
  { what: "TensorFlow Lite", isIt: (head) => head.startsWith("tfl3", 4), fix: CONVERT },
  { what: "a gzip archive", isIt: starts("\x1f\x8b"), fix: "Unpack it first" },
  {
    what: "a tar archive of PyTorch before 0.1.10",
    isIt: starts("sys_info\0", "storages\0", "tensors\0", "pickle\0"),
    fix: "Load it in PyTorch and save it again with torch.save",
  },
  { what: "a tar archive", isIt: (head) => head.startsWith("ustar", 257), fix: "Unpack it first" },
  {
    what: "a ZIP archive without tensors",
    isIt: starts("pk"),
    fix: "Save weights with torch.save, or named arrays with numpy.savez",
  },
  {
    what: "ONNX",
    // Protocol buffers: ir_version (field 1), then the producer's name (field 2).
    isIt: (head) => head[0] === "\b" && head[2] === "\x12",
    fix: "Save the weights of the model that it was exported from",
  },
];

/** Whether a JSON file, by its start, is the model of TensorFlow.js and no index of shards. */
export function isTfjsModel(head: string): boolean {
  return head.trimStart().startsWith("{") && /"(modeltopology|weightsmanifest)"|"(layers|graph)-model"/i.test(head);
}

/** Bytes as text of one character each. */
export const headText = (head: Uint8Array): string => Array.from(head, (byte) => String.fromCharCode(byte)).join("");

/** The error for a file that isn't of a format that `openWeights` reads, by its first bytes. */
export function refusedFormat(head: Uint8Array, where: string): FileFormatError {
  const text = headText(head).toLowerCase();
  const found = FORMATS.find(({ isIt }) => isIt(text));
  const hex = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const rule =
    "weights must be safetensors (or an index of shards), PyTorch's .pth/.pt/.bin, NumPy's .npz or a TensorFlow.js model.json";
  const got = found?.what ?? `a file that starts with ${hex}`;
  return new FileFormatError(where, { rule, got, fix: found?.fix ?? "Is the file whole?" });
}
