import { type Device, type Kernels, OPS, type OpName, type Philox, type Shape } from "@vertebra/core";
import { CASES } from "./cases/index";
import type { Cases } from "./cases/types";
import { openReference } from "./reference/index";
import { MEANINGS } from "./reference/kernels/index";
import { toKernel } from "./reference/storage";
import type { Meaning, Values } from "./reference/values";
import type { Bound, Precision } from "./tolerance";

/** Errors that each op makes: anything its tolerance allows, or what independent roundings give. */
export type NoiseLevel = "allowed" | "typical";

/**
 * The reference with errors: every op's results are moved at random inside the op's tolerance. How far the end of a computation
 * moves shows how it magnifies the errors of its ops, which is what a tolerance for the whole has to be derived from.
 */
export function openNoisy(precision: Precision, random: Philox, level: NoiseLevel): Device {
  const kernels = Object.keys(OPS).map((name) => {
    const meaning = noisy(name as OpName, precision, random, level);
    return [name, toKernel(meaning, OPS[name as OpName].mutates)];
  });
  return { ...openReference(), name: "noisy reference", kernels: Object.fromEntries(kernels) as unknown as Kernels };
}

function noisy(name: OpName, precision: Precision, random: Philox, level: NoiseLevel): Meaning<unknown> {
  const meaning = MEANINGS[name] as Meaning<unknown>;
  return (call, ...inputs) => {
    const results = meaning(call, ...inputs);
    const bounds = boundsOf(name, { inputs, results, attrs: call.attrs, shapes: call.shapes }, precision);
    return results.map((result, i) => disturb(result, bounds[i] as Bound, random, level));
  };
}

/** Moves every element by up to its bound, or (`typical`) so far that the rms is that of likely roundings. */
function disturb(result: Values, bound: Bound, random: Philox, level: NoiseLevel): Values {
  const reach = level === "typical" && bound.typical ? bound.typical().map((rms) => rms * Math.sqrt(3)) : bound.max;
  if (reach.every((amount) => amount === 0)) return result;
  return result.map((value, i) => {
    const amount = reach[i] as number;
    return Number.isFinite(value) && Number.isFinite(amount) ? value + amount * (2 * random.uniform() - 1) : value;
  });
}

export interface CallValues {
  readonly inputs: readonly Values[];
  readonly results: readonly Values[];
  readonly attrs: unknown;
  readonly shapes: readonly Shape[];
}

/** What the op's tolerance allows for this call. */
export function boundsOf(name: OpName, { inputs, results, attrs, shapes }: CallValues, precision: Precision): readonly Bound[] {
  const meaning = MEANINGS[name] as Meaning<unknown>;
  const evaluate = (others: readonly Values[], otherAttrs = attrs) =>
    meaning({ attrs: otherAttrs, shapes, shape: shapes[0] ?? [] }, ...others);
  return (CASES[name] as Cases<unknown>).tolerance.bounds({ ...precision, attrs, inputs, results, evaluate });
}
