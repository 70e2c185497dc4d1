import { recordCall, wantsGrad, withRecording } from "./apply";
import { propagate, type Trainable } from "./autograd";
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
  const run = (values: readonly Tensor[]) => forward(...(values as [Tensor, ...Tensor[]]));
  const all = [...inputs, ...("parameters" in parameters ? parameters.parameters() : parameters)];
  if (!wantsGrad(all)) return run(inputs);
  return scoped(() => {
    const generator = snapshotGenerator(inputs[0].device);
    const output = withRecording(false, () => scoped(() => run(inputs))).detach();
    const derive = (context: NodeContext, wanted: readonly boolean[]) =>
      recomputedGrads(
        context,
        all.map((_, i) => context.saved(`${i}`)),
        wanted,
        (values) => run(values.slice(0, inputs.length)),
      );
    recordCall("checkpoint", all, output, derive, [...all.map((value, i) => [`${i}`, value] as const), ["generator", generator]]);
    return output;
  });
}

/** Gradients by all values, of which those that `run` doesn't take as arguments are leaves it knows by itself. */
function recomputedGrads(
  { dy, saved, isRecorded }: NodeContext,
  values: readonly Tensor[],
  wanted: readonly boolean[],
  run: (values: readonly Tensor[]) => Tensor,
): (Tensor | null)[] {
  const starts = values.map((value) => (value.tape?.node ? cutOff(value) : value));
  const y = withGenerator(saved("generator"), () => withRecording(true, () => run(starts)));
  const entries = starts.map(({ tape }, i) => (wanted[i] ? tape : undefined));
  if (!y.requiresGrad) return entries.map(() => null);
  const found = new Set(entries.filter((entry): entry is TapeEntry => entry !== undefined));
  const gradients = propagate(y, found, { dy, createGraph: isRecorded });
  return entries.map((entry) => (entry && gradients.byEntry.get(entry)) ?? null);
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
