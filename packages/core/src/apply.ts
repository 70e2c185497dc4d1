import type { Device, Kernel, Operand } from "./backend";
import { eachReplay } from "./each-replay";
import { AutogradError, DeviceError } from "./errors";
import { currentLayer } from "./layer-path";
import { isObserved, notifyObservers } from "./observe";
import type { Derivative, JointDerivative, Op, Precision, VjpContext } from "./op";
import type { FusedTable } from "./ops/index";
import { mustWiden, widened } from "./precision";
import type { TensorSpec } from "./shape";
import { Storage } from "./storage";
import { type NodeContext, TapeEntry, TapeNode } from "./tape";
import { Tensor } from "./tensor";

let isRecording = true;

/** Runs the synchronous `fn` without recording, or (`record` true) with it. */
export function withRecording<T>(record: boolean, fn: () => T): T {
  const outer = isRecording;
  isRecording = record;
  try {
    return fn();
  } finally {
    isRecording = outer;
  }
}

/** What `apply` does to an op's arguments first. */
export type InputRule = (precision: Precision | undefined, inputs: readonly Tensor[]) => readonly Tensor[];

let inputRule: InputRule | undefined;

export const currentInputRule = (): InputRule | undefined => inputRule;

/** Runs the synchronous `fn` with arguments of ops converted by `rule`, or (undefined) as they are. */
export function withInputRule<T>(rule: InputRule | undefined, fn: () => T): T {
  const outer = inputRule;
  inputRule = rule;
  try {
    return fn();
  } finally {
    inputRule = outer;
  }
}

/** The arguments of an op of that precision as the current rule has them. */
export const ruledInputs = (precision: Precision | undefined, inputs: readonly Tensor[]): readonly Tensor[] =>
  inputRule ? inputRule(precision, inputs) : inputs;

/**
 * Runs an op: checks the inputs by its shape rule, allocates the outputs, calls the device's kernel and records the call
 * on the tape. The one place where all of this happens. `on` is the device of an op without inputs.
 */
export function apply<Attrs>(op: Op<Attrs>, given: readonly Tensor[], attrs: Attrs, on?: Device): Tensor[] {
  const device = on ?? commonDevice(op.name, given);
  const inputs = ruledInputs(op.precision, given);
  const specs = op.infer(inputs, attrs);
  const outputs: Tensor[] = [];
  try {
    for (const spec of specs) outputs.push(Tensor.fromStorage(Storage.allocate(device, spec), spec));
    runKernel(device, op, inputs, outputs, attrs);
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  record(op, inputs, outputs, attrs);
  if (isObserved())
    notifyObservers({
      op: op.name,
      attrs,
      layer: `${currentLayer()}`,
      inputs,
      outputs,
      macs: op.macs?.(inputs, outputs, attrs) ?? 0,
    });
  return outputs;
}

/** `apply` for an op with one result. */
export const apply1 = <Attrs>(op: Op<Attrs>, inputs: readonly Tensor[], attrs: Attrs): Tensor =>
  apply(op, inputs, attrs)[0] as Tensor;

/** Runs an op whose result is its input seen differently: no kernel, the memory is shared. */
export function applyAlias<Attrs>(op: Op<Attrs>, input: Tensor, attrs: Attrs): Tensor {
  const output = Tensor.fromStorage(input.storage.retain(), op.infer([input], attrs)[0] as TensorSpec);
  record(op, [input], [output], attrs);
  if (isObserved())
    notifyObservers({ op: op.name, attrs, layer: `${currentLayer()}`, inputs: [input], outputs: [output], macs: 0 });
  return output;
}

/**
 * Runs a kernel of several ops in one, where the device has it: `output` is checked by the caller. Nothing is recorded, so
 * no input may want a gradient.
 */
export function applyFused<K extends keyof FusedTable>(
  name: K,
  inputs: readonly Tensor[],
  output: TensorSpec,
  attrs: FusedTable[K],
  macs: number,
): Tensor {
  const device = commonDevice(name, inputs);
  const kernel = device.fused[name] as Kernel<FusedTable[K]>;
  const result = Tensor.fromStorage(Storage.allocate(device, output), output);
  try {
    if (result.elements > 0) runOn(device, name, kernel, [inputs.map(toOperand), [toOperand(result)]], attrs);
  } catch (error) {
    result.dispose();
    throw error;
  }
  if (isObserved()) notifyObservers({ op: name, attrs, layer: `${currentLayer()}`, inputs, outputs: [result], macs });
  return result;
}

/** Puts `output` on the tape with a derivative of its own. `save` values are kept until backward has run. */
export function recordCall(
  op: string,
  inputs: readonly Tensor[],
  output: Tensor,
  derive: (context: NodeContext, wanted: readonly boolean[]) => readonly (Tensor | null)[],
  save: Iterable<readonly [name: string, value: Tensor]> = [],
): void {
  const node = new TapeNode({
    op,
    layer: currentLayer(),
    inputs: inputs.map((input) => input.tape),
    specs: inputs.map(({ shape, dtype }) => ({ shape, dtype })),
    derive,
  });
  for (const [name, value] of save) node.save(name, value, value === output ? "self" : value.tape);
  output.tape = new TapeEntry({ shape: output.shape, dtype: output.dtype }, node);
}

/** True if a call on `inputs` has to be recorded. */
export const wantsGrad = (inputs: readonly Tensor[]): boolean => isRecording && inputs.some((input) => input.requiresGrad);

function runKernel<Attrs>(
  device: Device,
  op: Op<Attrs>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  attrs: Attrs,
): void {
  // An optional argument that is left out isn't written.
  if (op.mutates) for (const index of op.mutates) if (inputs[index]) markWritten(op.name, inputs[index]);
  if (!op.mutates && outputs.every(({ elements }) => elements === 0)) return;
  const kernel = device.kernels[op.name as keyof typeof device.kernels] as Kernel<Attrs>;
  runOn(device, op.moves ? undefined : op.name, kernel, [inputs.map(toOperand), outputs.map(toOperand)], attrs);
}

/** Runs a kernel, in f32 where it doesn't take its operands' 16 bits; without a name it takes all. */
function runOn<Attrs>(
  device: Device,
  name: string | undefined,
  kernel: Kernel<Attrs>,
  [inputs, outputs]: readonly [inputs: readonly Operand[], outputs: readonly Operand[]],
  attrs: Attrs,
): void {
  const isWidened = name !== undefined && (mustWiden(device, name, inputs) || mustWiden(device, name, outputs));
  (isWidened ? widened(device, kernel) : kernel)(inputs, outputs, attrs);
}

const toOperand = ({ storage, shape, dtype }: Tensor): Operand => ({ buffer: storage.buffer, shape, dtype });

function markWritten(op: string, target: Tensor): void {
  if (isRecording && target.requiresGrad) {
    throw new AutogradError(op, {
      rule: "a tensor that wants a gradient must not be overwritten while recording",
      got: `${target}`,
      fix: "Wrap the update in noGrad(() => …)",
    });
  }
  const { storage } = target;
  eachReplay(target.device, () => storage.version++);
}

function commonDevice(op: string, inputs: readonly Tensor[]): Device {
  const device = (inputs[0] as Tensor).device;
  for (const input of inputs) {
    if (input.device === device) continue;
    throw new DeviceError(op, {
      rule: "all arguments must be on one device",
      got: inputs.map((tensor) => tensor.device.name).join(" and "),
      fix: "Move one with x.to(device)",
    });
  }
  return device;
}

function record<Attrs>(op: Op<Attrs>, inputs: readonly Tensor[], outputs: readonly Tensor[], attrs: Attrs): void {
  if (!op.vjp || !wantsGrad(inputs)) return;
  const { vjp } = op;
  const output = outputs[0] as Tensor;
  if ("joint" in vjp) {
    const joint = vjp.joint as JointDerivative<Attrs>;
    const derive = (context: NodeContext) => joint.grads(withAttrs(context, attrs, 0));
    recordCall(op.name, inputs, output, derive, namedValues(op, joint.saves, inputs, outputs));
    return;
  }
  const rules = inputs.map((_, index) => derivativeOf(op, vjp as { [name: string]: Derivative<Attrs> | null }, index));
  const used = rules.filter((rule, index) => rule && inputs[index]?.requiresGrad) as Derivative<Attrs>[];
  if (used.length === 0) return;
  const derive = (context: NodeContext, wanted: readonly boolean[]) =>
    rules.map((rule, index) => (rule && wanted[index] ? rule.grad(withAttrs(context, attrs, index)) : null));
  const saves = used.flatMap((rule) => rule.saves);
  recordCall(op.name, inputs, output, derive, namedValues(op, saves, inputs, outputs));
}

/** Written out: made for every input of every call, and a spread takes ten times as long. */
const withAttrs = <Attrs>({ dy, isRecorded, saved, spec }: NodeContext, attrs: Attrs, index: number): VjpContext<Attrs> => ({
  dy,
  isRecorded,
  saved,
  spec,
  attrs,
  index,
});

function derivativeOf<Attrs>(
  op: Op<Attrs>,
  vjp: { [name: string]: Derivative<Attrs> | null },
  index: number,
): Derivative<Attrs> | null {
  const name = op.inputs[Math.min(index, op.inputs.length - 1)] as string;
  return vjp[name] ?? null;
}

/** The values named, each once. */
function namedValues<Attrs>(
  op: Op<Attrs>,
  names: readonly string[],
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): [string, Tensor][] {
  const values: [string, Tensor][] = [];
  names.forEach((name, i) => {
    const input = op.inputs.indexOf(name);
    const value = input >= 0 ? inputs[input] : outputs[op.outputs.indexOf(name)];
    if (value && names.indexOf(name) === i) values.push([name, value]);
  });
  return values;
}
