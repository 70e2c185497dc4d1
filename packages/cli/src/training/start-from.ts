import { ArgumentError, type LoadReport } from "@vertebra/core";
import type { Classifier } from "@vertebra/models";
import { downloadProgress } from "../download-progress";
import { resolveWeights } from "../hub/download-weights";
import { readInto } from "../known-models";
import { usingWeights } from "../open-file";
import type { Output } from "../output";
import { shortened } from "../shortened";

/**
 * Puts into a model what fits of a file's weights, for fine-tuning: a classifier of other classes stays as it was initialised,
 * a first convolution is fitted to the channels. Says what was taken and what wasn't.
 * @throws ArgumentError if nothing fits. @throws ArgumentError, FileFormatError if the file can't be read.
 */
export async function startFrom(model: Classifier, weights: string, output: Output): Promise<LoadReport> {
  const path = await resolveWeights(weights, { onProgress: downloadProgress(output, weights) });
  const report = await usingWeights(path, (file) => readInto(model, file, { path, strict: false }));
  const { loaded, missing, mismatched, adapted, unexpected } = report;
  if (loaded.length === 0) {
    const got = shortened([...mismatched, ...unexpected], LIST);
    throw new ArgumentError(weights, { rule: "some of the weights must fit the model", got, fix: "Are they of this model?" });
  }
  const say = (title: string, names: readonly string[]) => {
    if (names.length > 0) output.say(output.paint("dim", `${title} (${names.length}): ${shortened(names, LIST)}`));
  };
  output.say(`Starting from ${weights}: ${loaded.length} tensors.`);
  say("fitted to other channels", adapted);
  say("initialised afresh", [...mismatched, ...missing]);
  say("left out", unexpected);
  return report;
}

/** Names may come with shapes, which have commas. */
const LIST = { most: 4, separator: "; " } as const;
