import type { LintRule } from "../rule";
import { biasBeforeNorm, paddedPointwise } from "./convolutions";
import { deadBranch } from "./dead-branch";
import { droppedChannels } from "./dropped-channels";
import { flattenSize } from "./flatten-size";
import { forwardError } from "./forward-error";
import { missingActivation } from "./missing-activation";
import { deviceMix, dtypeMix } from "./mixes";
import { receptiveField } from "./receptive-field";
import { unevenDivision } from "./uneven-division";
import { unusedParameter } from "./unused-parameter";

/** What `lint` looks for, by name. */
export const LINT_RULES = {
  "flatten-size": flattenSize,
  "device-mix": deviceMix,
  "dtype-mix": dtypeMix,
  "forward-error": forwardError,
  "unused-parameter": unusedParameter,
  "dead-branch": deadBranch,
  "dropped-channels": droppedChannels,
  "missing-activation": missingActivation,
  "bias-before-norm": biasBeforeNorm,
  "padded-1x1": paddedPointwise,
  "uneven-division": unevenDivision,
  "receptive-field": receptiveField,
} as const satisfies Record<string, LintRule>;

export type LintRuleName = keyof typeof LINT_RULES;
