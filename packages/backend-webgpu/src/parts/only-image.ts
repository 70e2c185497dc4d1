import { ELEMENTWISE } from "@vertebra/core";
import type { GpuOperand } from "../launch";
import type { OpCall } from "./calls";

/** Ops that mean the same inside the only image, and the attributes that have an entry for each axis. */
const PER_AXIS: { readonly [op: string]: readonly string[] } = {
  argmax: [],
  concat: [],
  gather: [],
  logSoftmax: [],
  pad: ["before", "after"],
  padGrad: ["before", "after", "shape"],
  scatterAdd: ["shape"],
  slice: ["starts", "sizes", "steps"],
  sliceGrad: ["starts", "steps", "shape"],
  softmax: [],
  topK: [],
  ...Object.fromEntries(Object.keys(ELEMENTWISE).map((name) => [name, []])),
};

/** Ops on planes, each by itself. */
const BY_PLANE = new Set(["maxPool2d", "resample2d"]);

/**
 * The same call without axis 0, where all operands have size 1 there, or with channels in its place; undefined if they haven't, or it
 * does something along it.
 */
export function insideOnlyImage(call: OpCall): OpCall | undefined {
  const { op, inputs, outputs, attrs } = call;
  if (BY_PLANE.has(op)) return channelsAsImages(call);
  const perAxis = PER_AXIS[op];
  const rank = outputs[0]?.shape.length ?? 0;
  // Those with fewer axes are broadcast.
  const hasImages = ({ shape }: GpuOperand) => !(op in ELEMENTWISE) || shape.length === rank;
  if (!perAxis || rank === 0 || [...inputs, ...outputs].some((one) => hasImages(one) && one.shape[0] !== 1)) return undefined;
  const { axis, before, after } = attrs as { readonly axis?: number; readonly before?: number[]; readonly after?: number[] };
  if (axis === 0 || before?.[0] || after?.[0]) return undefined;
  const inner = (one: GpuOperand): GpuOperand => (hasImages(one) ? { ...one, shape: one.shape.slice(1) } : one);
  const own = perAxis.map((name) => [name, (attrs as { readonly [name: string]: readonly number[] })[name]?.slice(1)] as const);
  const innerAttrs = { ...(attrs as object), ...Object.fromEntries(own), ...(axis !== undefined && { axis: axis - 1 }) };
  return { op, inputs: inputs.map(inner), outputs: outputs.map(inner), attrs: innerAttrs };
}

function channelsAsImages({ op, inputs, outputs, attrs }: OpCall): OpCall | undefined {
  const [images, channels] = (inputs[0] as GpuOperand).shape;
  if (images !== 1 || channels === 1) return undefined;
  const planes = ({ memory, shape, dtype }: GpuOperand): GpuOperand => ({
    memory,
    dtype,
    shape: [channels as number, 1, ...shape.slice(2)],
  });
  return { op, inputs: inputs.map(planes), outputs: outputs.map(planes), attrs };
}
