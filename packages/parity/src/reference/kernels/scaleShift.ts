import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";
import { channelOf } from "./batchNormTrain";

/** y = x · scale + shift by channel. */
export const scaleShift: Meaning<KernelTable["scaleShift"]> = (_, x, scale, shift) => {
  const channel = channelOf(x);
  return [
    new Values(
      x.shape,
      x.data.map((value, i) => value * scale.at(channel(i)) + shift.at(channel(i))),
    ),
  ];
};
