import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";
import type { Calls, OpCall, Run } from "./calls";

/** [1, C, H, W] as [C, H, W], in the same memory. */
export const channelsOf = (image: GpuOperand): GpuOperand => ({ ...image, shape: image.shape.slice(1) });

/** [C, H, W] as [1, C, H, W], in the same memory. */
export const imageOf = (channels: GpuOperand): GpuOperand => ({ ...channels, shape: [1, ...channels.shape] });

/** Some channels of the only image. */
export const readChannels = (calls: Calls, image: GpuOperand, run: Run): GpuOperand =>
  imageOf(calls.read(channelsOf(image), run));

/**
 * An op on the only image whose `groups` of channels depend on nothing but themselves: runs of them. Images [1, C, …] have channels
 * along axis 1, all else along axis 0.
 */
export function inGroups(calls: Calls, { op, inputs, outputs, attrs }: OpCall, groups: number): void {
  const operands = [...inputs, ...outputs];
  const byGroup = operands.map((one): GpuOperand => ({ ...one, shape: [groups, product(one.shape) / groups] }));
  calls.inTurn(calls.runs(byGroup), (run) => {
    const parts = byGroup.map((one, i) => (i < inputs.length ? calls.read(one, run) : calls.target(one, run)));
    const shaped = parts.map(
      (part, i): GpuOperand => ({ ...part, shape: shapeOfGroups(operands[i] as GpuOperand, run[1] / groups) }),
    );
    const ownAttrs = "groups" in (attrs as object) ? { ...(attrs as object), groups: run[1] } : attrs;
    calls.list.push({ op, inputs: shaped.slice(0, inputs.length), outputs: shaped.slice(inputs.length), attrs: ownAttrs });
    for (const [i, part] of parts.entries()) if (i >= inputs.length) calls.store(part, byGroup[i] as GpuOperand, run);
  });
}

function shapeOfGroups({ shape }: GpuOperand, share: number): readonly number[] {
  const axis = shape.length > 1 && shape[0] === 1 ? 1 : 0;
  return shape.map((size, i) => (i === axis ? size * share : size));
}

/** Batch norm at evaluation, of the only image: by channels, and of the only channel by elements. */
export function scaleShift(calls: Calls, call: OpCall): void {
  const { op, inputs, outputs, attrs } = call;
  const [x, ...perChannel] = inputs as [GpuOperand, ...GpuOperand[]];
  const channels = x.shape[1] as number;
  if (channels > 1) {
    inGroups(calls, call, channels);
    return;
  }
  const asElements = (one: GpuOperand): GpuOperand => ({ ...one, shape: [product(one.shape), 1] });
  calls.into(asElements(outputs[0] as GpuOperand), op, [asElements(x), ...perChannel], attrs);
}
