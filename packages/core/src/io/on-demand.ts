// Pickle, ZIP and inflating are half of core's I/O and most programs don't need them: imported when first called.
import type * as readers from "./readers";

/**
 * Opens a file of weights, whichever format its first bytes show: safetensors, an index of sharded safetensors, PyTorch's
 * .pth/.pt/.bin (both formats) or NumPy's .npz. Tensors are read one by one.
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
