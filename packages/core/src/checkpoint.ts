import { currentInputRule, recordCall, wantsGrad, withInputRule, withRecording } from "./apply";
import { propagate, type Trainable } from "./autograd";
import { withFusion } from "./fusion";
import { restoreGenerator, snapshotGenerator } from "./generator";
import type { Module } from "./nn/module";
import { scoped } from "./scope";
import type { NodeContext, TapeEntry } from "./tape";
import type { Tensor } from "./tensor";

let recomputing = false;

/** True while backward runs a checkpointed part again: running statistics were updated the first time. */
export const isRecomputing = (): boolean => recomputing;

/**
 * Runs a module or a function without keeping what its backward needs; backward runs it again. Memory for time: only
 * `inputs` are kept. Random numbers are the same both times. A module is asked for its parameters; a function must name the
 * leaves it uses besides its inputs. Source: Chen et al. 2016, "Training deep nets with sublinear memory cost".
 */
export function checkpoint(
  of: Module | ((...inputs: Tensor[]) => Tensor),
  inputs: readonly [Tensor, ...Tensor[]],
  parameters: Trainable = typeof of === "function" ? [] : of,
): Tensor {
  const forward = typeof of === "function" ? of : (x: Tensor) => of.forward(x);
  const rule = currentInputRule();
  const run = (values: readonly Tensor[]) => withInputRule(rule, () => forward(...(values as [Tensor, ...Tensor[]])));
  // Not the caller's array, which may have changed until backward.
  const inputCount = inputs.length;
  const all = [...inputs, ...("parameters" in parameters ? parameters.parameters() : parameters)];
  if (!wantsGrad(all)) return run(inputs);
  return scoped(() => {
    const generator = snapshotGenerator(inputs[0].device);
    // Fused kernels round differently, and backward, which needs what is in between, can't use them: it would go on from other values.
    const output = withFusion(false, () => withRecording(false, () => scoped(() => run(inputs)))).detach();
    const derive = (context: NodeContext, wanted: readonly boolean[]) => {
      const values = all.map((_, i) => context.saved(`${i}`));
      return recomputedGrads(context, values.slice(0, inputCount), values.slice(inputCount), wanted, run);
    };
    recordCall("checkpoint", all, output, derive, [...all.map((value, i) => [`${i}`, value] as const), ["generator", generator]]);
    return output;
  });
}

/** Gradients by the inputs and then by the parameters, which `run` knows by itself. */
function recomputedGrads(
  { dy, saved, isRecorded }: NodeContext,
  inputs: readonly Tensor[],
  parameters: readonly Tensor[],
  wanted: readonly boolean[],
  run: (inputs: readonly Tensor[]) => Tensor,
): (Tensor | null)[] {
  const starts = inputs.map((input) => (input.requiresGrad ? cutOff(input) : input));
  const y = withGenerator(saved("generator"), () => withRecording(true, () => run(starts)));
  const places = [...starts, ...parameters].map(({ tape }, i) => (wanted[i] ? tape : undefined));
  if (!y.requiresGrad) return places.map(() => null);
  const isPlace = (place: TapeEntry | undefined): place is TapeEntry => place !== undefined;
  const stops = new Set(starts.map(({ tape }) => tape).filter(isPlace));
  const gradients = propagate(y, new Set(places.filter(isPlace)), { dy, createGraph: isRecorded }, stops);
  return places.map((place) => (place && gradients.byEntry.get(place)) ?? null);
}

/** The same value behind a call of its own, so that gradients stop here: what lies upstream is the outer backward's. */
function cutOff(x: Tensor): Tensor {
  return withRecording(true, () => {
    const start = x.detach();
    recordCall("checkpoint", [x], start, ({ dy }) => [dy]);
    return start;
  });
}

function withGenerator<T>(state: Tensor, fn: () => T): T {
  const current = snapshotGenerator(state.device);
  restoreGenerator(state);
  recomputing = true;
  try {
    return fn();
  } finally {
    recomputing = false;
    restoreGenerator(current);
  }
}
