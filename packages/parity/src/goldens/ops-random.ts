import { countElements, type Device, dropout, encode, type Kernel, stochasticDepth } from "@vertebra/core";
import { deviceWith } from "../device-with";
import { type Attrs, Lacking } from "./attrs";
import type { GoldenOp, StoredNumbers } from "./ops-types";

const MASKS = ["mask", "noise", "keep", "random_tensor"];

/** What PyTorch kept: from a mask in the row, or from the zeros of its output. */
const maskIn = ({ inputs, outputs }: StoredNumbers): ArrayLike<number> | undefined =>
  MASKS.map((name) => inputs.get(name) ?? outputs.get(name)).find((mask) => mask !== undefined) ??
  outputs.get("y") ??
  outputs.get("out");

/** A device whose random numbers drop what PyTorch dropped: its generator is another one, all else is then the same. */
export function deviceWithMask(device: Device, stored: StoredNumbers): Device {
  const mask = maskIn(stored);
  const uniform: Kernel<unknown> = (_, [target]) => {
    if (!target || !mask) return;
    const elements = countElements(target.shape);
    // A mask drawn per sample stands for all elements of the sample.
    const size = mask.length / elements;
    const isKept = (i: number) => Array.from({ length: size }, (__, j) => mask[i * size + j]).some((value) => value !== 0);
    const values = Float32Array.from({ length: elements }, (__, i) => (isKept(i) ? 1 - 2 ** -24 : 0));
    device.write(target.buffer, encode(values, target.dtype));
  };
  return deviceWith(device, { kernels: { ...device.kernels, uniform } });
}

/** p and training; a mask that none can be known for is something we lack. */
function dropOptions(attrs: Attrs, stored: StoredNumbers) {
  const options = { p: attrs.number("p", 0.5), training: attrs.ignore("inplace", "seed").boolean("training", true) };
  if (options.training && options.p > 0 && options.p < 1 && !maskIn(stored)) throw new Lacking("a random mask to replay");
  return options;
}

export const randomOps = {
  dropout: (attrs, inputs, stored) => {
    inputs.optional(...MASKS);
    const options = dropOptions(attrs, stored);
    const x = inputs.take("x", "input");
    return () => dropout(x, options);
  },
  stochastic_depth: (attrs, inputs, stored) => {
    inputs.optional(...MASKS);
    const options = { ...dropOptions(attrs, stored), mode: attrs.choice("mode", { row: "row", batch: "batch" } as const, "row") };
    const x = inputs.take("x", "input");
    return () => stochasticDepth(x, options);
  },
} satisfies Record<string, GoldenOp>;
