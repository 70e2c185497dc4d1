import { type KernelTable, Philox } from "@vertebra/core";
import { type Meaning, Values } from "../values";

/** Upper 24 bits of successive Philox words · 2⁻²⁴; the counter goes on by the blocks used. */
export const uniform: Meaning<KernelTable["uniform"]> = ({ shape }, state) => {
  const [seedLow, seedHigh, stream, counter] = [...state.data].map((word) => word >>> 0) as [number, number, number, number];
  const random = new Philox((BigInt(seedHigh) << 32n) | BigInt(seedLow), stream);
  random.position = counter * 4;
  const y = new Values(shape).map(() => random.uniform());
  const next = new Values(state.shape, Float64Array.of(seedLow, seedHigh, stream, counter + Math.ceil(y.data.length / 4)));
  return [y, next.map((word) => word | 0)];
};
