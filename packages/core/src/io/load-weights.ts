import type { StateValue } from "../nn/state-dict";
import { openWeights } from "./open-weights";
import { readWeights } from "./read-weights";
import { openSource, type WeightsSource } from "./weights-source";

/**
 * The weights in a file of any format that `openWeights` reads, as `loadStateDict` takes them.
 * @throws FileFormatError, ArgumentError naming the file and what is wrong with it.
 */
export async function loadWeights(weights: WeightsSource): Promise<Map<string, StateValue>> {
  const { source, where, openSibling, close } = await openSource(weights);
  try {
    return await readWeights(await openWeights(source, where, openSibling && { openSibling }), where);
  } finally {
    await close();
  }
}
