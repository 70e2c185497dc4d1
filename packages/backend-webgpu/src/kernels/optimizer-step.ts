import { product } from "@vertebra/core/plan";
import { type Binding, type GpuOperand, gridFor, type Launch, type Limits } from "../launch";
import type { Shader } from "../shader";

/** Stands where a state is missing: it must be writable, and a buffer of its own. */
export const NO_STATE: Binding = { scratchBytes: 16 };

/** A step over all parameters, `bindings[0]`: four an invocation. */
export function stepLaunches(
  shader: Shader,
  flags: Readonly<Record<string, boolean>>,
  bindings: readonly Binding[],
  limits: Limits,
): readonly Launch[] {
  const quads = Math.ceil(product((bindings[0] as GpuOperand).shape) / 4);
  if (quads === 0) return [];
  const constants = Object.fromEntries(Object.entries(flags).map(([name, isOn]) => [name, Number(isOn)]));
  return [{ shader, constants, params: [quads], bindings, grid: gridFor(quads, limits) }];
}
