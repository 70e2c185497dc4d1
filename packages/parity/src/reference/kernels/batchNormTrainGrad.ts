import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";
import { channelOf } from "./batchNormTrain";

/** dbias = Σ dy, dweight = Σ dy · x̂, dx = weight / √(variance + eps) · (dy − dbias / m − x̂ · dweight / m). */
export const batchNormTrainGrad: Meaning<KernelTable["batchNormTrainGrad"]> = (call, x, weight, mean, variance, dy) => {
  const channel = channelOf(x);
  const m = x.data.length / x.size(1);
  const invStd = variance.map((v) => 1 / Math.sqrt(v + call.attrs.eps));
  const normalized = (i: number) => (x.at(i) - mean.at(channel(i))) * invStd.at(channel(i));
  const [dx, dweight, dbias] = [new Values(x.shape), new Values(weight.shape), new Values(weight.shape)];
  for (let i = 0; i < x.data.length; i++) {
    dweight.add(channel(i), dy.at(i) * normalized(i));
    dbias.add(channel(i), dy.at(i));
  }
  for (let i = 0; i < x.data.length; i++) {
    const c = channel(i);
    dx.data[i] = weight.at(c) * invStd.at(c) * (dy.at(i) - dbias.at(c) / m - (normalized(i) * dweight.at(c)) / m);
  }
  return [dx, dweight, dbias];
};
