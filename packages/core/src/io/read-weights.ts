import type { StateValue } from "../nn/state-dict";
import { toMemoryTensor } from "./host-tensor";
import type { TensorFile } from "./tensor-file";

/**
 * All tensors of a file as `loadStateDict` takes them, under the file's own names; integers become i32.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if the data isn't as promised, or an integer doesn't fit i32.
 */
export async function readWeights(file: TensorFile, where = "readWeights"): Promise<Map<string, StateValue>> {
  const weights = new Map<string, StateValue>();
  for (const name of file.entries.keys()) weights.set(name, toMemoryTensor(where, name, await file.read(name)));
  return weights;
}
