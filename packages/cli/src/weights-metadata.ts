import { ArgumentError } from "@vertebra/core";
import type { Preprocessing as PublishedPreprocessing } from "@vertebra/models";
import type { Preprocessing as TrainedPreprocessing } from "./training/data";

/** Options of a model besides its sizes, as files keep them. */
export type BuildOptions = Readonly<Record<string, string | number | boolean>>;

/** What travels with weights, as text in the metadata of safetensors. */
export interface WeightsMetadata {
  /** The model's name. */
  readonly model?: string;
  /** What the model must be built with, besides its sizes. */
  readonly options?: BuildOptions;
  /** As published weights saw images, or as `vertebra train` showed them. */
  readonly preprocessing?: PublishedPreprocessing | TrainedPreprocessing;
  /** Names of the classes in the order of the logits. */
  readonly classes?: readonly string[];
}

type Key = keyof WeightsMetadata;

interface Row<T> {
  readonly isIt: (value: unknown) => value is T;
  /** What it must be, for messages. */
  readonly rule: string;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSide = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_536;
const isNumbers = (value: unknown, min: number, counts: readonly number[]): boolean =>
  Array.isArray(value) && counts.includes(value.length) && value.every((one) => Number.isFinite(one) && one >= min);

/** Whether images are cropped, as published weights saw them. */
export const isPublished = (value: unknown): value is PublishedPreprocessing =>
  isRecord(value) &&
  isSide(value.resize) &&
  isSide(value.crop) &&
  (value.interpolation === "bilinear" || value.interpolation === "bicubic") &&
  isNumbers(value.mean, Number.NEGATIVE_INFINITY, [3]) &&
  isNumbers(value.std, Number.MIN_VALUE, [3]);

export const isBuildOptions = (value: unknown): value is BuildOptions =>
  isRecord(value) && Object.values(value).every((one) => ["string", "number", "boolean"].includes(typeof one));

const isTrained = (value: unknown): value is TrainedPreprocessing =>
  isRecord(value) &&
  isSide(value.height) &&
  isSide(value.width) &&
  (value.padding === 0 || isSide(value.padding)) &&
  isNumbers(value.mean, Number.NEGATIVE_INFINITY, [1, 3]) &&
  isNumbers(value.std, Number.MIN_VALUE, [1, 3]);

/** Keys behind `vertebra.`, each JSON but `model`, which is a name. */
const ROWS: { readonly [K in Key]-?: Row<NonNullable<WeightsMetadata[K]>> } = {
  model: { isIt: isText, rule: "a name" },
  options: { isIt: isBuildOptions, rule: "an object of texts, numbers and booleans" },
  preprocessing: {
    isIt: (value): value is PublishedPreprocessing | TrainedPreprocessing => isPublished(value) || isTrained(value),
    rule: "{ resize, crop, interpolation: bilinear or bicubic, mean, std } or { height, width, padding, mean, std }",
  },
  classes: {
    isIt: (value): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === "string"),
    rule: "a list of names",
  },
};

/** What a file says of itself. @throws ArgumentError naming the key that isn't as it should be. */
export function readWeightsMetadata(path: string, metadata: ReadonlyMap<string, string>): WeightsMetadata {
  const found: [string, unknown][] = [];
  for (const [key, { isIt, rule }] of Object.entries(ROWS) as [Key, Row<unknown>][]) {
    const text = metadata.get(`vertebra.${key}`);
    if (text === undefined) continue;
    const value = key === "model" ? text : parsed(text);
    if (!isIt(value)) {
      throw new ArgumentError(path, { rule: `the metadata vertebra.${key} must be ${rule}`, got: text.slice(0, 80) });
    }
    found.push([key, value]);
  }
  return Object.fromEntries(found);
}

/** As a file keeps it. */
export const writeWeightsMetadata = (metadata: WeightsMetadata): [string, string][] =>
  Object.entries(metadata)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [`vertebra.${key}`, key === "model" ? String(value) : JSON.stringify(value)]);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
