import { type Device, nameWeights, openMeta, readWeights, type TensorFile, unknownName, type WeightsFile } from "@vertebra/core";
import {
  type Classifier,
  createModel,
  findModel,
  listModels,
  type ModelFacts,
  optionsFor,
  type Preprocessing,
} from "@vertebra/models";
import type { JsonObject } from "./option-types";
import { loadWeights } from "./training/checkpoint";
import { asUsageError, UsageError } from "./usage-error";
import { type BuildOptions, isBuildOptions, readWeightsMetadata } from "./weights-metadata";

/** What is published about a model. @throws UsageError naming the nearest model. */
export function factsOf(where: string, name: string): ModelFacts {
  if (!listModels().includes(name)) throw asUsageError(unknownName(where, "MODEL", name, listModels()));
  return findModel(name).facts;
}

/** `--options` of commands that keep them with weights. @throws UsageError for values that no model takes. */
export function buildOptionsOf(where: string, options: JsonObject | undefined): BuildOptions | undefined {
  if (options === undefined || isBuildOptions(options)) return options;
  const rule = "--options must have texts, numbers and booleans as values";
  throw new UsageError(where, { rule, got: JSON.stringify(options) });
}

export interface ModelForm {
  readonly numClasses: number;
  readonly inChannels: number;
  /** Besides sizes. */
  readonly options?: BuildOptions | undefined;
}

export const buildModel = (name: string, { numClasses, inChannels, options }: ModelForm, device: Device): Classifier =>
  createModel(name, { numClasses, inChannels, ...options, device });

/** The model that weights need: its sizes, and whatever options the project they are from builds it with. */
export interface FittingModel extends ModelForm {
  /** Besides sizes; what `auxLogits` says only where it was asked for. */
  readonly options: BuildOptions;
  /** What was done to the file's names and tensors. */
  readonly rules: readonly string[];
}

export interface FittingOptions {
  /** Where the file is, for messages. */
  readonly path: string;
  readonly ema?: boolean | undefined;
  readonly numClasses?: number | undefined;
  /** Asked for by people or training; they go before the file's own. */
  readonly options?: BuildOptions | undefined;
  /** True: with auxiliary classifiers where the file has all of them, else `auxLogits: false` among the options. Default: without. */
  readonly keepAux?: boolean;
}

/**
 * The sizes and options that a model must have for these weights: classes from its classifier, channels from its first
 * convolution. What the weights don't tell is the model's own.
 */
export async function fittingModel(
  { name, numClasses, inputShape }: ModelFacts,
  file: TensorFile,
  { path, ema, keepAux = false, ...asked }: FittingOptions,
): Promise<FittingModel> {
  const written = { ...readWeightsMetadata(path, file.metadata).options, ...asked.options };
  const probe = async (options: BuildOptions) => {
    const model = createModel(name, { ...options, device: openMeta() });
    return { model, named: await nameWeights(file, path, { model, ema }) };
  };
  const first = await probe({ ...WITHOUT_AUX, ...written });
  const options = { ...optionsFor(first.named.rules), ...written };
  // Built with options, a model may have other names: only then all tables find what they are for.
  const hasMore = Object.keys(options).length > Object.keys(written).length;
  const { model, named } = hasMore ? await probe({ ...WITHOUT_AUX, ...options }) : first;
  const shapeOf = (key: string | undefined) => (key === undefined ? undefined : named.entries.get(key)?.shape);
  const [classifier] = model.classifierNames();
  const sizes = {
    numClasses: asked.numClasses ?? shapeOf(classifier && `${classifier}.weight`)?.[0] ?? numClasses,
    inChannels: shapeOf(model.namedParameters()[0]?.[0])?.[1] ?? inputShape[0],
  };
  if (!keepAux) return { ...sizes, options, rules: named.rules };
  const own = model.stateDict();
  const whole = await probe(options);
  const auxiliary = whole.model.namedParameters().flatMap(([key]) => (own.has(key) ? [] : key));
  const isKept = auxiliary.every((key) => whole.named.entries.has(key));
  return { ...sizes, options: isKept ? options : { ...WITHOUT_AUX, ...options }, rules: named.rules };
}

const WITHOUT_AUX: BuildOptions = { auxLogits: false };

/** For running: auxiliary classifiers, which only training needs, are left out. */
export const buildFitting = (name: string, { options, ...sizes }: FittingModel, device: Device): Classifier =>
  buildModel(name, { ...sizes, options: { ...WITHOUT_AUX, ...options } }, device);

/**
 * How the published weights saw images, if the file's may be these. Keras's were trained by others; and `convert --model`, which
 * has written the model's name, has written with it what it knew.
 */
export function publishedPreprocessing(
  { weights }: ModelFacts,
  { format, metadata }: WeightsFile,
  rules: readonly string[],
): Preprocessing | undefined {
  const isOthers = format === "tfjs-layers" || metadata.has("vertebra.model") || rules.some((rule) => rule.endsWith("of Keras"));
  return isOthers ? undefined : weights?.preprocessing;
}

/** Reads a file's weights into a model. @throws ArgumentError naming the file and all that doesn't fit. */
export async function readInto(
  model: Classifier,
  file: TensorFile,
  { path, ema, strict = true }: Pick<FittingOptions, "path" | "ema"> & { readonly strict?: boolean },
) {
  const named = await nameWeights(file, path, { model, ema });
  return { ...loadWeights(path, model, await readWeights(named, path), { strict }), rules: named.rules };
}
