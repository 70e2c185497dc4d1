import { DeviceError, DTypeError } from "../../errors";
import type { LintRule } from "../rule";
import { isFlattenError, linearMismatch } from "./flatten-size";

/** A model that throws for this input, for a reason that has no rule of its own. */
export const forwardError: LintRule = {
  severity: "error",
  why: "The model can't run on an input of this shape; what comes after this call wasn't looked at.",
  fix: "Correct the layer, or give another input shape.",
  find: ({ model, evaluation, training }) => {
    const error = evaluation.error ?? training.error;
    if (!error || error instanceof DTypeError || error instanceof DeviceError) return [];
    if (linearMismatch(model, evaluation) || isFlattenError(evaluation.error)) return [];
    const { rule, got, fix } = error.fields;
    const mode = evaluation.error ? "" : "in training, ";
    const message = `${mode}${error.where}: ${rule}${got === undefined ? "" : `, got ${got}`}`;
    return [{ path: error.layer ?? "", message, ...(fix !== undefined && { fix: `${fix}.` }) }];
  },
};
