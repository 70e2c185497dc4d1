// Pickle, ZIP and inflating are half of core's I/O and most programs don't need them: imported when first called.
import type { NamedWeights } from "./name-weights";
import type * as readers from "./readers";

/**
 * Opens a file of weights, whichever format its first bytes show: safetensors, an index of sharded safetensors, PyTorch's
 * .pth/.pt/.bin (both formats), NumPy's .npz or a model.json of TensorFlow.js. Tensors are read one by one.
 * @throws FileFormatError if it is none of these, saying what it seems to be, or isn't as its format says.
 */
export const openWeights: typeof readers.openWeights = async (...args) => (await import("./readers")).openWeights(...args);

/**
 * Opens a checkpoint of PyTorch's `torch.save`, in the ZIP format or the one before 1.6; nothing in it is executed.
 * @throws FileFormatError if the file is broken, or wants more than tensors and plain containers, naming what.
 */
export const openPth: typeof readers.openPth = async (...args) => (await import("./readers")).openPth(...args);

/** Opens NumPy's .npz, stored or deflated. @throws FileFormatError if it isn't as its format says. */
export const openNpz: typeof readers.openNpz = async (...args) => (await import("./readers")).openNpz(...args);

/**
 * Opens weights in several safetensors files by their `model.safetensors.index.json`.
 * @throws FileFormatError naming the shard or tensor if one is missing, or the index isn't as it should be.
 */
export const openSafetensorsShards: typeof readers.openSafetensorsShards = async (...args) =>
  (await import("./readers")).openSafetensorsShards(...args);

/** Opens a path (in Node), an address, a Blob or bytes for reading; closing it is the caller's. @throws ArgumentError if it isn't there. */
export const openSource: typeof readers.openSource = async (...args) => (await import("./readers")).openSource(...args);

/**
 * A file's tensors under the names of a model, by the rules for any file and the model's own `keyTables`; without a model only
 * freed from what training loops put around them.
 * @throws ArgumentError if `ema` asks for averaged weights of a file without.
 */
export const nameWeights = async (...args: Parameters<typeof readers.nameWeights>): Promise<NamedWeights> =>
  (await import("./readers")).nameWeights(...args);
