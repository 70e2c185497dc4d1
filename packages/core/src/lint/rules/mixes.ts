import { DeviceError, DTypeError, type VertebraError } from "../../errors";
import type { Tensor } from "../../tensor";
import { countOf, type Found, type LintRule, ownerOf } from "../rule";

/** Parameters of more than one dtype. */
export const dtypeMix: LintRule = {
  severity: "warning",
  why: "Ops take one dtype and nothing is converted by itself: the first call that meets both stops.",
  fix: "Make the whole model in one dtype, or convert with x.toDtype(…) where the two meet.",
  find: ({ model, evaluation, training }) => {
    const mixes = minorities(model.namedParameters(), ({ dtype }) => dtype);
    const error = evaluation.error ?? training.error;
    return error instanceof DTypeError ? [stopped(error), ...mixes] : mixes;
  },
};

/** Parameters and buffers on more than one device, or a tensor that moving the model leaves behind. */
export const deviceMix: LintRule = {
  severity: "error",
  why: "Ops take tensors of one device: the first call that meets both stops.",
  fix: "Build all of it on one device, or move it with await model.to(device).",
  find: ({ model, evaluation, training }) => {
    const mixes = minorities([...model.stateDict()], ({ device }) => device);
    const error = evaluation.error ?? training.error;
    if (!(error instanceof DeviceError)) return mixes;
    const fix = "Hold the tensor as a property, this.mean = buffer(…): model.to(device) moves those, and only those.";
    return [{ path: error.layer ?? "", message: "uses a tensor that the model's own devices don't reach", fix }, ...mixes];
  },
};

const stopped = (error: VertebraError): Found => ({
  path: error.layer ?? "",
  message: `${error.where}: ${error.fields.rule}, got ${error.fields.got}`,
  severity: "error",
});

/** Layers whose tensors differ in something from most of the model's. */
function minorities(
  tensors: readonly (readonly [string, Tensor])[],
  keyOf: (value: Tensor) => string | Tensor["device"],
): Found[] {
  const counts = new Map<string | Tensor["device"], number>();
  for (const [, value] of tensors) counts.set(keyOf(value), (counts.get(keyOf(value)) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  const layers = new Map<string, Tensor[]>();
  for (const [name, value] of tensors) {
    if (keyOf(value) !== most) layers.set(ownerOf(name), [...(layers.get(ownerOf(name)) ?? []), value]);
  }
  const nameOf = (key: string | Tensor["device"] | undefined) => (typeof key === "object" ? key.name : key);
  return [...layers].map(([path, values]) => ({
    path,
    message: `${countOf(values.length, "tensor")} of ${nameOf(keyOf(values[0] as Tensor))}, most others are ${nameOf(most)}`,
  }));
}
