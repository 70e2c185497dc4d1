import type { KernelTable } from "@vertebra/core";
import { reduceIndex } from "../indexing";
import { type Meaning, Values } from "../values";

/** y = (x − mean) / √(variance + eps) · weight + bias with the batch's mean and biased variance by channel. */
export const batchNormTrain: Meaning<KernelTable["batchNormTrain"]> = ({ attrs: { eps } }, x, weight, bias) => {
  const channel = channelOf(x);
  const values = x.data.length / x.size(1);
  const mean = new Values(weight.shape);
  for (let i = 0; i < x.data.length; i++) mean.add(channel(i), x.at(i) / values);
  const variance = new Values(weight.shape);
  for (let i = 0; i < x.data.length; i++) variance.add(channel(i), (x.at(i) - mean.at(channel(i))) ** 2 / values);
  const y = new Values(x.shape);
  for (let i = 0; i < x.data.length; i++) {
    const c = channel(i);
    y.data[i] = ((x.at(i) - mean.at(c)) / Math.sqrt(variance.at(c) + eps)) * weight.at(c) + bias.at(c);
  }
  return [y, mean, variance];
};

/** The channel of each element of x [N, C, ...]. */
export function channelOf(x: Values): (i: number) => number {
  const channels = reduceIndex(
    x.shape,
    x.shape.map((_, axis) => axis).filter((axis) => axis !== 1),
  );
  return (i) => channels[i] as number;
}
