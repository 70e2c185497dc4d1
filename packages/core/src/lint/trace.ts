import { noGrad } from "../autograd";
import { openMeta } from "../backends/meta";
import { VertebraError } from "../errors";
import { zeros } from "../functional/creation";
import { withFusion } from "../fusion";
import { asLayer, type Module } from "../nn/module";
import { type OpCall, observe, observeLayers } from "../observe";
import type { Op } from "../op";
import { OPS } from "../ops/index";
import { scoped } from "../scope";
import type { Shape } from "../shape";
import type { Storage } from "../storage";
import { Tensor } from "../tensor";
import { onTwins } from "./twins";

/** A tensor as a call saw it. Tensors of one storage are the same value, however they are shaped or detached. */
export interface TracedTensor {
  readonly storage: Storage;
  readonly shape: Shape;
}

export interface TracedCall {
  readonly op: string;
  readonly attrs: unknown;
  /** Path of the innermost layer; empty in the model's own `forward`. */
  readonly layer: string;
  readonly inputs: readonly TracedTensor[];
  /** With the inputs that the call writes into. */
  readonly outputs: readonly TracedTensor[];
  /** The output is the input seen differently: `reshape`. */
  readonly isAlias: boolean;
}

export interface TracedLayer {
  readonly path: string;
  readonly module: Module<unknown>;
  readonly outputs: readonly TracedTensor[];
}

export interface TracedParameter extends TracedTensor {
  readonly name: string;
  readonly elements: number;
}

/** What a model did with one input. */
export interface Trace {
  readonly input: TracedTensor;
  /** In the order in which they ran. */
  readonly calls: readonly TracedCall[];
  /** In the order in which they returned. */
  readonly layers: readonly TracedLayer[];
  readonly parameters: readonly TracedParameter[];
  /** Every tensor of the model's result. */
  readonly outputs: readonly TracedTensor[];
  /** Why the model stopped half-way. */
  readonly error: VertebraError | undefined;
}

export const convolutionsOf = ({ calls }: Trace): readonly TracedCall[] => calls.filter(({ op }) => op === "conv2d");

export interface TraceOptions {
  /** In training mode. Default: at evaluation. */
  readonly training?: boolean;
  /** What is run. Default: the model's `forward`. */
  readonly forward?: ((x: Tensor) => unknown) | undefined;
}

/**
 * Runs a model of any device without its data: on a meta device of its own, with twins of its tensors and without fused kernels.
 * The model is as it was afterwards; neither memory nor random numbers are used.
 */
export function traceModel(model: Module<unknown>, inputShape: Shape, options: TraceOptions = {}): Trace {
  const { training = false, forward } = options;
  const device = openMeta();
  const dtype = model.parameters()[0]?.dtype ?? device.floatDtype;
  // Paths of layers are found from the model on, which forward doesn't call itself.
  const call = forward ? (x: Tensor) => asLayer(model, () => forward(x)) : (x: Tensor) => model.forward(x);
  const run = () => noGrad(() => scoped(() => record(model, zeros(inputShape, { dtype }), call)));
  return onTwins(model, device, () => inMode(model, training, run));
}

function record(model: Module<unknown>, x: Tensor, call: (x: Tensor) => unknown): Trace {
  const calls: TracedCall[] = [];
  const layers: TracedLayer[] = [];
  const watched = () =>
    observeLayers(
      ({ layer, module, output }) =>
        layers.push({ path: layer, module: module as Module<unknown>, outputs: tensorsIn(output).map(traced) }),
      () =>
        observe(
          (op) => calls.push(tracedCall(op)),
          () => withFusion(false, () => call(x)),
        ),
    );
  const { outputs, error } = caught(() => tensorsIn(watched()).map(traced));
  const parameters = model.namedParameters().map(([name, value]) => ({ ...traced(value), name, elements: value.elements }));
  return { input: traced(x), calls, layers, parameters, outputs, error };
}

/** A model that stops is a finding, not a failure of the linter. What isn't ours passes through. */
function caught(fn: () => readonly TracedTensor[]): Pick<Trace, "outputs" | "error"> {
  try {
    return { outputs: fn(), error: undefined };
  } catch (error) {
    if (error instanceof VertebraError) return { outputs: [], error };
    throw error;
  }
}

const traced = ({ storage, shape }: Tensor): TracedTensor => ({ storage, shape });

function tracedCall({ op, attrs, layer, inputs, outputs }: OpCall): TracedCall {
  const mutated = (OPS as Readonly<Record<string, Pick<Op<unknown>, "mutates"> | undefined>>)[op]?.mutates ?? [];
  const written = inputs.filter((_, index) => mutated.includes(index));
  const isAlias = outputs.length === 1 && outputs[0]?.storage === inputs[0]?.storage;
  return { op, attrs, layer, inputs: inputs.map(traced), outputs: [...outputs, ...written].map(traced), isAlias };
}

/** The tensors of a result, which may hold them in arrays, maps and objects. */
function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (typeof value !== "object" || value === null) return [];
  return [...(value instanceof Map ? value.values() : Object.values(value))].flatMap(tensorsIn);
}

/** Runs `fn` with every layer in training mode or at evaluation, and puts each one's own mode back. */
function inMode<T>(model: Module<unknown>, training: boolean, fn: () => T): T {
  const modes = model.namedModules().map(([, module]) => [module, module.isTraining] as const);
  model.train(training);
  try {
    return fn();
  } finally {
    for (const [module, isTraining] of modes) module.isTraining = isTraining;
  }
}
