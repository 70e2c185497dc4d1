import type { Module } from "../nn/module";
import type { Shape } from "../shape";
import type { Storage } from "../storage";
import { type TracedCall, traceModel } from "./trace";

const PRODUCTS: readonly string[] = ["conv2d", "matmul"];

/**
 * Layers with weights, convolutions and linear ones, on the longest way from the input to the output: the 50 of ResNet-50 and the
 * 16 of VGG-16. Of branches that meet the longest counts, and a gate (squeeze-and-excitation) is a branch; auxiliary heads,
 * which run in training only, don't count. Works on shapes alone.
 * @throws VertebraError what the model throws for an input of that shape.
 */
export function networkDepth(model: Module<unknown>, inputShape: Shape): number {
  const { input, calls, outputs, error } = traceModel(model, inputShape);
  if (error) throw error;
  // Of every value that was made from the input; weights, and what is made from them alone, have none.
  const depths = new Map<Storage, number>([[input.storage, 0]]);
  for (const call of calls) {
    const from = depthsOf(call, depths);
    if (from.length === 0 || call.isAlias) continue;
    const depth = Math.max(...from) + (isWeighted(call, from.length) ? 1 : 0);
    for (const { storage } of call.outputs) depths.set(storage, Math.max(depth, depths.get(storage) ?? 0));
  }
  return Math.max(0, ...outputs.map(({ storage }) => depths.get(storage) ?? 0));
}

const depthsOf = ({ inputs }: TracedCall, depths: ReadonlyMap<Storage, number>): readonly number[] =>
  inputs.flatMap(({ storage }) => depths.get(storage) ?? []);

/** A product of a value with weights; one of two values made from the input, as in attention, has none. */
const isWeighted = ({ op }: TracedCall, fromInput: number): boolean => PRODUCTS.includes(op) && fromInput === 1;
