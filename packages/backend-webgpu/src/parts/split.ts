import { ELEMENTWISE, isHalf, OPS } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand, Limits } from "../launch";
import { Calls, isLarge, type OpCall } from "./calls";
import { DECOMPOSITIONS } from "./decompositions";
import { insideOnlyImage } from "./only-image";
import type { Temporaries } from "./temporaries";

/** Ops whose results depend on one image (entry along axis 0) each: the inputs that have images. All outputs have. */
const BY_IMAGE: { readonly [op: string]: readonly number[] } = {
  conv2d: [0],
  conv2dFused: [0, 4],
  conv2dInputGrad: [0],
  maxPool2d: [0],
  resample2d: [0],
  scaleShift: [0],
  scaleShiftFused: [0],
};
/** The same, unless they work along axis 0. */
const BY_IMAGE_OFF_AXIS: { readonly [op: string]: readonly number[] } = {
  argmax: [0],
  gather: [0, 1],
  logSoftmax: [0],
  scatterAdd: [0, 1],
  softmax: [0],
  topK: [0],
};
/** The same of ops with a list of axes. */
const BY_IMAGE_OFF_AXES: { readonly [op: string]: readonly number[] } = { amax: [0], prod: [0], prodGrad: [0, 1], sum: [0] };
/** Ops that go over elements one by one, with small inputs that are needed whole: the numbers of a step, the state of random numbers. */
const BY_ELEMENT_WITH_STATE = new Set(["adagradStep", "adamStep", "rmspropStep", "sgdStep", "uniform"]);
const BY_ELEMENT = new Set([...Object.keys(ELEMENTWISE), ...BY_ELEMENT_WITH_STATE, "fill", "toDtype"]);

/** True if an operand can't be bound at once. Asked for every call. */
export const isTooLarge = ({ op, inputs, outputs }: OpCall, limits: Limits): boolean =>
  // Copies bind nothing.
  op !== "copyInto" && (hasLarge(inputs, limits) || hasLarge(outputs, limits));

function hasLarge(operands: readonly GpuOperand[], limits: Limits): boolean {
  for (const operand of operands) if (isLarge(operand, limits)) return true;
  return false;
}

/**
 * Calls whose operands can all be bound, and that together are the given one: mostly itself. Runs of images, or of elements, are views of
 * the whole tensors' memory, or copies where these can't be bound there; ops that mix them, or have one only, are decomposed into others.
 * The calls are for running in order, so the temporaries of one are those of the next.
 * @throws OutOfMemoryError where the op can't be computed in parts.
 */
export function split(call: OpCall, limits: Limits, temporaries: Temporaries): readonly OpCall[] {
  if (!isTooLarge(call, limits)) return [call];
  const inner = insideOnlyImage(call);
  if (inner) return split(inner, limits, temporaries);
  const calls = new Calls(call, limits, temporaries.take);
  const division = divide(call);
  if (division) inRuns(calls, division);
  else if (computesHalf(call)) inWide(calls);
  else (DECOMPOSITIONS[call.op] ?? (() => calls.refuse()))(calls, call);
  return calls.list.flatMap((other) => temporaries.inTurn(() => split(other, limits, temporaries)));
}

/** True of ops that do more with 16 bits than to move them. */
const computesHalf = ({ op, inputs, outputs }: OpCall): boolean =>
  !(OPS as { readonly [name: string]: { readonly moves?: boolean } })[op]?.moves &&
  [...inputs, ...outputs].some(({ dtype }) => isHalf(dtype));

interface Division {
  /** Inputs, then outputs; of one axis where it goes by elements. */
  readonly operands: readonly GpuOperand[];
  /** Which of them are cut along axis 0. */
  readonly isDivided: readonly boolean[];
}

function inRuns(calls: Calls, { operands, isDivided }: Division): void {
  const { op, inputs, attrs } = calls.whole;
  const divided = operands.filter((_, i) => isDivided[i]);
  // What all need is cut with the insides of one.
  const isOneByOne = operands.some((one, i) => !isDivided[i] && isLarge(one, calls.limits));
  const runs = isOneByOne ? calls.oneByOne(divided) : calls.runs(divided);
  calls.inTurn(runs, (run) => {
    const parts = operands.map((one, i) => {
      if (!isDivided[i]) return one;
      return i < inputs.length ? calls.read(one, run) : calls.target(one, run);
    });
    const [ins, outs] = [parts.slice(0, inputs.length), parts.slice(inputs.length)];
    calls.list.push({ op, inputs: ins, outputs: outs, attrs: attrsOfPart(attrs, run[1]) });
    for (const [i, part] of outs.entries()) calls.store(part, operands[inputs.length + i] as GpuOperand, run);
  });
}

/** `scatterAdd` is told the shape of its result. */
function attrsOfPart(attrs: unknown, count: number): unknown {
  const { axis, shape } = attrs as { axis?: number; shape?: readonly number[] };
  return axis === undefined || shape === undefined ? attrs : { ...(attrs as object), shape: [count, ...shape.slice(1)] };
}

/** How the op can be cut along its operands' images or elements; undefined if it can't. */
function divide({ op, inputs, outputs, attrs }: OpCall): Division | undefined {
  const all = [...inputs, ...outputs];
  const byImage = imagesOf(op, inputs, attrs);
  if (byImage) {
    const isDivided = all.map((_, i) => i >= inputs.length || byImage.includes(i));
    const [first, ...others] = all.filter((_, i) => isDivided[i]).map(({ shape }) => shape[0]);
    return others.every((count) => count === first) ? { operands: all, isDivided } : undefined;
  }
  if (!BY_ELEMENT.has(op)) return undefined;
  const own = all.map(({ shape }) => product(shape));
  const elements = Math.max(...own);
  if (BY_ELEMENT_WITH_STATE.has(op) || own.every((count) => count === elements || count === 1)) {
    const flat = all.map((one, i) => ({ ...one, shape: [own[i] as number] }));
    return { operands: flat, isDivided: own.map((count) => count === elements) };
  }
  // With broadcasting only what has all of the result's images can be cut through them.
  const images = outputs[0]?.shape ?? [];
  return { operands: all, isDivided: all.map(({ shape }) => shape.length === images.length && shape[0] === images[0]) };
}

/** The inputs that have an op's images; undefined where it mixes them, or there is one only. */
function imagesOf(op: string, inputs: readonly GpuOperand[], attrs: unknown): readonly number[] | undefined {
  const { axis, axes, before, after } = attrs as { [name: string]: number & readonly number[] };
  if (inputs[0]?.shape[0] === 1) return undefined;
  if (op === "concat") return axis === 0 ? undefined : inputs.map((_, i) => i);
  if (op === "pad" || op === "padGrad") return before?.[0] === 0 && after?.[0] === 0 ? [0] : undefined;
  if (op === "permute") return axes?.[0] !== 0 ? undefined : [0];
  if (op in BY_IMAGE_OFF_AXES) return axes?.includes(0) ? undefined : BY_IMAGE_OFF_AXES[op];
  if (op in BY_IMAGE_OFF_AXIS) return axis === 0 ? undefined : BY_IMAGE_OFF_AXIS[op];
  return BY_IMAGE[op];
}

/** The call in f32, between conversions: so that its parts aren't rounded one by one. */
function inWide(calls: Calls): void {
  const { op, inputs, outputs, attrs } = calls.whole;
  const wide = (one: GpuOperand) => (isHalf(one.dtype) ? calls.temporary(one.shape, "f32") : one);
  const convert = (from: GpuOperand, to: GpuOperand) => {
    if (from !== to) calls.into(to, "toDtype", [from], { dtype: to.dtype });
  };
  const [wideInputs, wideOutputs] = [inputs.map(wide), outputs.map(wide)];
  for (const [i, input] of inputs.entries()) convert(input, wideInputs[i] as GpuOperand);
  calls.list.push({ op, inputs: wideInputs, outputs: wideOutputs, attrs });
  for (const [i, output] of outputs.entries()) convert(wideOutputs[i] as GpuOperand, output);
}
