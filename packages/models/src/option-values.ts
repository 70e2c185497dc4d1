import { ArgumentError } from "@vertebra/core";

/** What a value must be, in words, and whether it is. */
interface ValueRule {
  readonly rule: string;
  readonly holds: (value: unknown) => boolean;
}

const atLeast = (least: number): ValueRule => ({
  rule: `an integer ≥ ${least}`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
const COUNT = atLeast(1);
const PROBABILITY: ValueRule = {
  rule: "a number from 0 to 1",
  holds: (value) => typeof value === "number" && value >= 0 && value <= 1,
};
const SWITCH: ValueRule = { rule: "true or false", holds: (value) => typeof value === "boolean" };
const oneOf = (...names: readonly string[]): ValueRule => ({
  rule: `one of ${names.map((name) => JSON.stringify(name)).join(", ")}`,
  holds: (value) => names.includes(value as string),
});

/** An option of one name means the same wherever it is; activations and gates say by themselves which there are. */
const RULES: Readonly<Record<string, ValueRule>> = {
  ...Object.fromEntries(
    [
      ...["numClasses", "inChannels", "outChannels", "channels", "filters", "groups", "widthPerGroup", "growthRate", "bnSize"],
      ...["expandRatio", "squeezeChannels", "poolFeatures", "channels7x7", "layers"],
      ...["ch1x1", "ch3x3red", "ch3x3", "ch5x5red", "ch5x5", "poolProj"],
    ].map((name) => [name, COUNT]),
  ),
  ...Object.fromEntries(["dropout", "auxDropout", "dropRate", "stochasticDepth"].map((name) => [name, PROBABILITY])),
  ...Object.fromEntries(
    [
      ...["includeTop", "checkpointing", "auxLogits", "transformInput", "memoryEfficient", "convBias", "zeroInitResidual"],
      ...["use1x1Conv", "first", "convShortcut", "residual", "fcActivation", "downsample", "strideOnConv1"],
    ].map((name) => [name, SWITCH]),
  ),
  blocks: atLeast(0),
  transitionPadding: atLeast(0),
  version: oneOf("1", "1.5", "2"),
  shortcut: oneOf("projection-where-needed", "always-owned", "zero-padded", "none"),
};

/** @throws ArgumentError for the first value that its option can't have; values that no rule knows pass. */
export function requireValues(where: string, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const known = value === undefined || value === null ? undefined : RULES[name];
    if (!known || known.holds(value)) continue;
    throw new ArgumentError(where, { rule: `${name} must be ${known.rule}`, got: JSON.stringify(value) ?? typeof value });
  }
}
