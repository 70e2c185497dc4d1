import type { Module } from "../nn/module";
import type { StateValue } from "../nn/state-dict";
import { nameWeights } from "./name-weights";
import { openWeights } from "./open-weights";
import { readWeights } from "./read-weights";
import { openSource, type WeightsSource } from "./weights-source";

export interface LoadedWeights {
  readonly weights: Map<string, StateValue>;
  /** What was done to the file's names and tensors. */
  readonly rules: readonly string[];
}

/**
 * The weights in a file of any format that `openWeights` reads, as `model.loadStateDict` takes them, under the model's names.
 * @throws FileFormatError, ArgumentError naming the file and what is wrong with it.
 */
export async function loadWeights(
  weights: WeightsSource,
  model: Module<unknown>,
  ema: boolean | undefined,
): Promise<LoadedWeights> {
  const { source, where, openSibling, close } = await openSource(weights);
  try {
    const file = await openWeights(source, where, openSibling && { openSibling });
    const named = nameWeights(file, where, { model, ema });
    return { weights: await readWeights(named, where), rules: named.rules };
  } finally {
    await close();
  }
}
