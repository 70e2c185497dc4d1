import { ArgumentError } from "@vertebra/core";
import { IMAGENET_CLASSES, IMAGENET_PREPROCESSING } from "@vertebra/models";
import type { Command } from "../commands";
import { usingDevice } from "../devices";
import { formatPercent } from "../format";
import { decodeImage } from "../images/decode";
import { type PreparedImage, prepareAsPublished, prepareAsTrained } from "../images/preprocess";
import type { Output } from "../output";
import { type Prediction, rankClasses } from "../probabilities";
import { loadTrainedModel, runModel, type TrainedModel } from "../trained-model";
import { MNIST_PREPROCESSING } from "../training/data";
import { isPublished } from "../weights-metadata";

const BAR_WIDTH = 20;

export const predict: Command<"predict"> = async ({ args, options, output }) => {
  const [name = "", ...images] = args;
  const { weights = "", numClasses, topK = 5, precision = "f32" } = options;
  return usingDevice(options.device, { ...options, output }, async (device) => {
    const where = "vertebra predict";
    const trained = await loadTrainedModel({ where, name, weights, numClasses, options: options.options, device, output });
    warnOfGuess(output, trained);
    const results: { image: string; predictions: Prediction[] }[] = [];
    // One at a time, so that memory doesn't grow with the number of images.
    for (const image of images) {
      const { values, shape } = await prepare(image, trained);
      const logits = await runModel(trained.model, { images: values, shape: [1, ...shape], device, precision });
      const predictions = rankClasses(logits, classesOf(trained)).slice(0, topK);
      results.push({ image, predictions });
      if (!output.isJson) printPredictions(output, image, predictions);
    }
    trained.model.dispose();
    output.json(results);
    return 0;
  });
};

/** Nothing in the file or published tells how these weights saw images. */
function warnOfGuess(output: Output, { record, metadata, published, inChannels }: TrainedModel): void {
  if (metadata.preprocessing ?? record?.preprocessing ?? published) return;
  const guess = inChannels === 1 ? "MNIST's" : "ImageNet's";
  output.warn(`warning: how these weights saw images isn't known, ${guess} preprocessing is taken: what comes out may be wrong`);
}

/** What the file says, or else what such models are trained on: MNIST with one channel, ImageNet with three. */
async function prepare(path: string, { record, metadata, facts, inChannels }: TrainedModel): Promise<PreparedImage> {
  if (inChannels !== 1 && inChannels !== 3) {
    throw new ArgumentError("vertebra predict", {
      rule: "the model must take grey (1) or RGB (3) images",
      got: `${inChannels} channels`,
      fix: "Use `vertebra run`",
    });
  }
  const image = await decodeImage(path, inChannels);
  const told = metadata.preprocessing ?? record?.preprocessing;
  if (told) return isPublished(told) ? prepareAsPublished(image, told) : prepareAsTrained(image, told);
  if (inChannels === 1) return prepareAsTrained(image, MNIST_PREPROCESSING);
  return prepareAsPublished(image, facts.weights?.preprocessing ?? IMAGENET_PREPROCESSING);
}

/** What the file says, or else the names that such numbers of classes stand for: digits, ImageNet's. */
function classesOf({ record, metadata, inChannels, numClasses }: TrainedModel): readonly string[] {
  const named = metadata.classes ?? record?.classes;
  if (named) return named;
  if (numClasses === IMAGENET_CLASSES.length) return IMAGENET_CLASSES;
  return inChannels === 1 && numClasses === 10 ? [..."0123456789"] : [];
}

function printPredictions(output: Output, image: string, predictions: readonly Prediction[]): void {
  output.say(output.paint("bold", image));
  const width = Math.max(...predictions.map(({ label }) => label.length));
  for (const { label, probability } of predictions) {
    const bar = "█".repeat(Math.round(probability * BAR_WIDTH)).padEnd(BAR_WIDTH);
    output.say(`  ${label.padEnd(width)}  ${output.paint("cyan", bar)} ${formatPercent(probability).padStart(8)}`);
  }
}
