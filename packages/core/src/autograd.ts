import { recordCall, wantsGrad, withInputRule, withRecording } from "./apply";
import { DTYPES } from "./dtype";
import { AutogradError, formatShape } from "./errors";
import { ones } from "./functional/creation";
import { sumTo } from "./functional/sumTo";
import { atLayer } from "./layer-path";
import { add } from "./ops/binary";
import { scoped } from "./scope";
import { isSameShape, type TensorSpec } from "./shape";
import { type NodeContext, TapeEntry, type TapeNode } from "./tape";
import type { Tensor } from "./tensor";

/** Runs the synchronous `fn` without recording gradients. @throws AutogradError if it returns a promise. */
export function noGrad<T>(fn: () => T): T {
  const result = withRecording(false, fn);
  if (result instanceof Promise) {
    throw new AutogradError("noGrad", { rule: "fn must be synchronous", got: "a promise", fix: "Await outside of noGrad" });
  }
  return result;
}

/** Makes `x` a leaf that gradients are wanted for; returns it. */
export function requireGrad(x: Tensor): Tensor {
  if (!DTYPES[x.dtype].isFloat) {
    throw new AutogradError("requireGrad", { rule: "only tensors of a floating dtype have gradients", got: x.dtype });
  }
  if (!x.tape) x.tape = new TapeEntry({ shape: x.shape, dtype: x.dtype }, undefined);
  return x;
}

/** Gradients by tensor. Those of leaves that had no influence are absent. */
export class Gradients {
  constructor(readonly byEntry: Map<TapeEntry, Tensor>) {}

  /** The gradient of `x`, in its shape; undefined if the result doesn't depend on it. */
  get(x: Tensor): Tensor | undefined {
    return x.tape && this.byEntry.get(x.tape);
  }

  /** All gradients; a scope that a Gradients leaves hands these on. */
  get tensors(): Tensor[] {
    return [...this.byEntry.values()];
  }

  /** Puts `fn(grad)` in the place of each gradient and frees what was there: clipping, unscaling. Returns itself. */
  replace(fn: (grad: Tensor) => Tensor): this {
    for (const [entry, grad] of this.byEntry) {
      this.byEntry.set(entry, fn(grad));
      grad.dispose();
    }
    return this;
  }

  dispose(): void {
    for (const grad of this.byEntry.values()) grad.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export interface BackwardOptions {
  /** Gradient of `y`, in its shape. Default: 1, for a one-element y. */
  readonly dy?: Tensor;
  /** Keeps what the tape saved, so that backward can run again. Default: as `createGraph`. */
  readonly retainGraph?: boolean;
  /** Records the backward pass itself, for second derivatives. */
  readonly createGraph?: boolean;
  /**
   * Takes each leaf's gradient as soon as it is complete; it is freed afterwards and isn't in the result. Whatever backward
   * still needs of that leaf's memory is done with by then, so it may be overwritten: a step taken here never holds all
   * gradients at once.
   * @returns false to leave the gradient in the result.
   */
  readonly consume?: (leaf: TapeEntry, grad: Tensor) => boolean;
}

/** Gradients of `y` with respect to all leaves it depends on; frees what the tape saved on the way. */
export function backward(y: Tensor, options: BackwardOptions = {}): Gradients {
  return propagate(y, undefined, options);
}

/**
 * Gradients of `y` with respect to `xs` (leaves or values in between), in their order and shapes.
 * @throws AutogradError naming an x that y doesn't depend on.
 */
export function grad(y: Tensor, xs: readonly Tensor[], options: BackwardOptions = {}): Tensor[] {
  const entries = xs.map((x, i) => {
    if (x.tape) return x.tape;
    throw new AutogradError("grad", {
      rule: `xs[${i}] must be on the tape`,
      got: `${x}`,
      fix: "Call requireGrad(x) before computing y",
    });
  });
  const gradients = propagate(y, new Set(entries), options);
  return xs.map((x, i) => {
    const found = gradients.get(x);
    if (found) return found;
    throw new AutogradError("grad", { rule: `y must depend on xs[${i}]`, got: `${x}` });
  });
}

/** Something with parameters: a Module, or plain tensors. */
export type Trainable = readonly Tensor[] | { parameters(): Tensor[] };

/** Runs `fn` to a one-element loss and returns it, off the tape, with the gradients of all it depends on. */
export function valueAndGrad(of: Trainable, fn: () => Tensor): { value: Tensor; grads: Gradients } {
  return scoped(() => {
    for (const x of "parameters" in of ? of.parameters() : of) requireGrad(x);
    const loss = withRecording(true, fn);
    const grads = backward(loss);
    return { value: loss.detach(), grads };
  });
}

/**
 * A function with a derivative of its own: `forward` runs unrecorded; `vjp(dy, ...inputs)` gives one gradient per input
 * (null: none).
 */
export function customVjp(
  name: string,
  forward: (...inputs: Tensor[]) => Tensor,
  vjp: (dy: Tensor, ...inputs: Tensor[]) => readonly (Tensor | null)[],
): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => {
    const output = scoped(() => withRecording(false, () => forward(...inputs)));
    if (!wantsGrad(inputs)) return output;
    const own = output.detach();
    const named = inputs.map((input, i) => [`input ${i}`, input] as const);
    recordCall(name, inputs, own, customDerivative(vjp, inputs.length), named);
    return own;
  };
}

/** Made apart from the call, so that the tape holds no handle on its inputs. */
const customDerivative =
  (vjp: (dy: Tensor, ...inputs: Tensor[]) => readonly (Tensor | null)[], inputs: number) =>
  ({ dy, saved }: NodeContext) =>
    vjp(dy, ...Array.from({ length: inputs }, (_, i) => saved(`input ${i}`)));

/**
 * Gradients at the `wanted` places on the tape; at all leaves where none are given. What lies upstream of `stops` is left
 * alone, and gradients of leaves are parts of a sum that goes on outside. For `checkpoint`.
 */
export function propagate(
  y: Tensor,
  wanted: ReadonlySet<TapeEntry> | undefined,
  options: BackwardOptions,
  stops?: ReadonlySet<TapeEntry>,
): Gradients {
  const root = y.tape;
  if (!root) {
    throw new AutogradError("backward", {
      rule: "y must depend on a tensor that wants a gradient",
      got: `${y}`,
      fix: "Mark parameters with requireGrad, and don't compute y inside noGrad",
    });
  }
  const createGraph = options.createGraph ?? false;
  const retainGraph = options.retainGraph ?? createGraph;
  if (options.consume && retainGraph) {
    throw new AutogradError("backward", {
      rule: "consume may overwrite what the graph has saved, so the graph can't be kept",
      got: "consume with retainGraph or createGraph",
    });
  }
  const propagation = new Propagation({
    wanted,
    createGraph,
    retainGraph,
    isPart: stops !== undefined,
    consume: options.consume,
  });
  const calls = sortedCalls(root, wanted, stops ?? new Set());
  const run = () => propagation.run(calls, root, seedOf(y, options.dy));
  // In the dtypes of forward, whatever `autocast` is around.
  return scoped(() => withInputRule(undefined, () => withRecording(createGraph, run)));
}

function seedOf(y: Tensor, dy: Tensor | undefined): Tensor {
  if (!dy && y.elements === 1) return ones(y.shape, { dtype: y.dtype, device: y.device });
  if (dy && isSameShape(dy.shape, y.shape)) return dy.alias();
  throw new AutogradError("backward", {
    rule: `dy must be given in y's shape ${formatShape(y.shape)} unless y has one element`,
    got: dy ? formatShape(dy.shape) : "none",
  });
}

interface PropagationOptions {
  readonly wanted: ReadonlySet<TapeEntry> | undefined;
  readonly createGraph: boolean;
  readonly retainGraph: boolean;
  /** True if the leaves' gradients go on growing after this pass. */
  readonly isPart: boolean;
  readonly consume: BackwardOptions["consume"];
}

/** One backward pass: walks the calls from last to first, adding up gradients by place on the tape. */
class Propagation {
  readonly #grads = new Map<TapeEntry, Tensor>();
  /** Calls yet to come that give a leaf's gradient a term. */
  readonly #awaited = new Map<TapeEntry, number>();

  constructor(readonly options: PropagationOptions) {}

  run(calls: readonly Call[], root: TapeEntry, seed: Tensor): Gradients {
    this.#grads.set(root, seed);
    for (const call of calls) {
      for (const leaf of leavesOf(call)) this.#awaited.set(leaf, (this.#awaited.get(leaf) ?? 0) + 1);
    }
    // Held until all are visited: dropping a call lets go of those before it.
    for (const [output] of calls) output.retain();
    try {
      if (!root.node) this.#complete(root);
      for (const call of calls) {
        this.#visit(call);
        for (const leaf of leavesOf(call)) this.#countDown(leaf);
      }
    } finally {
      for (const [output] of calls) output.release();
    }
    const { wanted } = this.options;
    const found = [...this.#grads].filter(([entry]) => (wanted ? wanted.has(entry) : !entry.node));
    return new Gradients(new Map(found));
  }

  #visit([output, isWanted]: Call): void {
    const { wanted, createGraph, retainGraph } = this.options;
    const node = output.node as TapeNode;
    const dy = this.#grads.get(output);
    if (!dy) return;
    runHooks(output, dy);
    const { inputs, layer } = node.fields;
    const grads = scoped(() => atLayer(layer, () => inputGradients(node, output, dy, isWanted, createGraph)));
    for (const [index, grad] of grads.entries()) {
      const input = inputs[index];
      if (grad && input) this.#add(input, grad);
    }
    if (!retainGraph) for (const entry of node.drop()) entry.release();
    if (wanted?.has(output)) return;
    this.#grads.delete(output);
    dy.dispose();
  }

  #add(entry: TapeEntry, grad: Tensor): void {
    const sofar = this.#grads.get(entry);
    if (!sofar) {
      this.#grads.set(entry, grad);
      return;
    }
    this.#grads.set(entry, add(sofar, grad));
    sofar.dispose();
    grad.dispose();
  }

  #countDown(leaf: TapeEntry): void {
    const left = (this.#awaited.get(leaf) as number) - 1;
    this.#awaited.set(leaf, left);
    if (left === 0) this.#complete(leaf);
  }

  /** The leaf's gradient has all its terms. */
  #complete(leaf: TapeEntry): void {
    const grad = this.#grads.get(leaf);
    if (!grad || this.options.isPart) return;
    runHooks(leaf, grad);
    if (!this.options.consume?.(leaf, grad)) return;
    this.#grads.delete(leaf);
    grad.dispose();
  }
}

/** The leaves that a call gives gradients to, once for each time that it uses one. */
const leavesOf = ([output, isWanted]: Call): TapeEntry[] =>
  (output.node as TapeNode).fields.inputs.filter(
    (input, i): input is TapeEntry => input !== undefined && !input.node && isWanted[i] === true,
  );

/** Gradients by input, each a handle of its own, summed over broadcast axes. */
function inputGradients(
  node: TapeNode,
  output: TapeEntry,
  dy: Tensor,
  isWanted: readonly boolean[],
  isRecorded: boolean,
): (Tensor | null)[] {
  const { specs, derive } = node.fields;
  node.requireAlive();
  const context = {
    dy,
    isRecorded,
    saved: (name: string) => node.saved(name, output),
    spec: (index: number) => specs[index] as TensorSpec,
  };
  const seen = new Set<Tensor>([dy]);
  return derive(context, isWanted).map((grad, index) => {
    if (!grad || !isWanted[index]) return null;
    const summed = sumTo(grad, (specs[index] as TensorSpec).shape);
    const own = seen.has(summed) ? summed.alias() : summed;
    seen.add(own);
    return own;
  });
}

function runHooks(entry: TapeEntry, grad: Tensor): void {
  for (const hook of entry.hooks) hook(grad);
}

type Call = readonly [output: TapeEntry, isWanted: readonly boolean[]];

/** Calls between `root` and what is wanted, last first, each with the inputs whose gradient leads somewhere. */
function sortedCalls(root: TapeEntry, wanted: ReadonlySet<TapeEntry> | undefined, stops: ReadonlySet<TapeEntry>): Call[] {
  const outputs = new Set<TapeEntry>();
  const queue = [root];
  for (let entry = queue.pop(); entry; entry = queue.pop()) {
    if (!entry.node || outputs.has(entry) || stops.has(entry)) continue;
    outputs.add(entry);
    for (const input of entry.node.fields.inputs) if (input) queue.push(input);
  }
  const order = (entry: TapeEntry) => (entry.node as TapeNode).order;
  const firstToLast = [...outputs].sort((a, b) => order(a) - order(b));
  const leads = new Set<TapeEntry>(wanted);
  const calls: Call[] = [];
  for (const output of firstToLast) {
    const { inputs } = (output.node as TapeNode).fields;
    const isWanted = inputs.map((input) => input !== undefined && (!wanted || leads.has(input)));
    if (!isWanted.some(Boolean)) continue;
    leads.add(output);
    calls.push([output, isWanted]);
  }
  return calls.reverse();
}
