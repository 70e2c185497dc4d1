import type { DType, KernelTable, Shape } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import type { MadePlan } from "../addon";
import type { CudaOperand, Limits, VendorCall } from "../launch";
import { keyOf, staticChoice } from "./choice";
import { describeConv2d, describeConv2dFused, describeConv2dInputGrad, describeConv2dWeightGrad } from "./describe-convolution";
import { describeMatmul } from "./describe-matmul";
import { PlanCache } from "./plan-cache";

const LIMITS: Limits = { multiprocessors: 132, sharedBytesPerBlock: 49_152, tf32: false, warpgroups: false };
const PLAIN: KernelTable["conv2d"] = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };

const operandOf = (shape: Shape, dtype: DType = "f32"): CudaOperand => ({ memory: { address: 0 }, shape, dtype });

function productOf(a: Shape, b: Shape, y: Shape, { transA = false, transB = false } = {}): VendorCall | undefined {
  return describeMatmul([operandOf(a), operandOf(b)], [operandOf(y)], { transA, transB }, LIMITS);
}

describe("a product is described", () => {
  test("with what lies the other way round, and its batch", () => {
    expect(productOf([4, 6], [6, 5], [4, 5])?.numbers.slice(2, 10)).toEqual([4, 5, 6, 0, 0, 1, 0, 0]);
    expect(productOf([6, 4], [5, 6], [4, 5], { transA: true, transB: true })?.numbers.slice(2, 10)).toEqual([
      4, 5, 6, 1, 1, 1, 0, 0,
    ]);
    expect(productOf([3, 4, 6], [3, 6, 5], [3, 4, 5])?.numbers.slice(7, 10)).toEqual([3, 24, 30]);
  });

  test("with one matrix for all as a stride of nothing, or as more rows", () => {
    expect(productOf([4, 6], [3, 6, 5], [3, 4, 5])?.numbers.slice(7, 10)).toEqual([3, 0, 30]);
    expect(productOf([3, 4, 6], [6, 5], [3, 4, 5])?.numbers.slice(2, 8)).toEqual([12, 5, 6, 0, 0, 1]);
  });

  test("not at all where its batch has no single stride, or there is nothing to do", () => {
    expect(productOf([2, 1, 4, 6], [1, 3, 6, 5], [2, 3, 4, 5])).toBeUndefined();
    expect(productOf([0, 6], [6, 5], [0, 5])).toBeUndefined();
    expect(productOf([4, 0], [0, 5], [4, 5])).toBeUndefined();
  });
});

describe("a convolution is described", () => {
  const [x, weight, y, channels] = ([[2, 6, 9, 8], [4, 6, 3, 3], [2, 4, 9, 8], [4]] as const).map((shape) =>
    operandOf(shape),
  ) as [CudaOperand, CudaOperand, CudaOperand, CudaOperand];
  const sizes = [2, 6, 9, 8, 4, 3, 3, 9, 8, 1];

  test("with the operands of each direction, results last", () => {
    const size = { inputSize: [9, 8] as const, kernelSize: [3, 3] as const };
    const calls = [
      describeConv2d([x, weight], [y], PLAIN, LIMITS),
      describeConv2dInputGrad([y, weight], [x], { ...PLAIN, ...size }, LIMITS),
      describeConv2dWeightGrad([x, y], [weight], { ...PLAIN, ...size }, LIMITS),
    ];
    expect(calls.map((call) => call?.numbers.slice(0, 13))).toEqual([0, 1, 2].map((direction) => [direction, 0, 0, ...sizes]));
    expect(calls.map((call) => call?.operands)).toEqual([
      [x, weight, y],
      [y, weight, x],
      [x, y, weight],
    ]);
  });

  test("with what stands behind it", () => {
    expect(describeConv2d([x, weight, channels], [y], PLAIN, LIMITS)?.numbers.slice(-5, -1)).toEqual([0, 1, 0, 0]);
    const attrs = { ...PLAIN, activation: "silu" } as const;
    const fused = describeConv2dFused([x, weight, channels, channels, y], [y], attrs, LIMITS);
    expect([fused?.numbers.slice(-5, -1), fused?.operands.length]).toEqual([[1, 1, 1, 3], 6]);
  });
});

describe("until it is measured, a call is", () => {
  const convolution = (channels: number, groups: number, dtype: DType, tf32 = false): VendorCall => {
    const [x, weight] = [operandOf([32, channels, 28, 28], dtype), operandOf([channels, channels / groups, 3, 3], dtype)];
    return describeConv2d([x, weight], [x], { ...PLAIN, groups }, { ...LIMITS, tf32 }) as VendorCall;
  };

  test("the library's where it is large and dense, for tensor cores if it is a convolution", () => {
    expect(staticChoice(convolution(256, 1, "f16"))).toBe("vendor");
    expect(staticChoice(convolution(256, 1, "f32", true))).toBe("vendor");
    expect(staticChoice(convolution(256, 1, "f32"))).toBe("own");
    expect(staticChoice(convolution(256, 256, "f16"))).toBe("own");
    expect(staticChoice(productOf([512, 512], [512, 512], [512, 512]) as VendorCall)).toBe("vendor");
    expect(staticChoice(productOf([1, 512], [512, 100_000], [1, 100_000]) as VendorCall)).toBe("own");
    expect(staticChoice(productOf([64, 64], [64, 64], [64, 64]) as VendorCall)).toBe("own");
  });

  test("told from others by dtype, leave to round, and shapes", () => {
    const calls = [
      convolution(64, 1, "f16"),
      convolution(64, 1, "bf16"),
      convolution(64, 1, "f32"),
      convolution(64, 1, "f32", true),
    ];
    expect(new Set([...calls, convolution(128, 1, "f16"), convolution(128, 2, "f16")].map(keyOf)).size).toBe(6);
  });
});

describe("plans are kept", () => {
  test("as many as may be: what was used longest ago is freed", () => {
    const freed: number[] = [];
    let made = 0;
    const make = (): MadePlan => ({ plan: ++made, workspaceBytes: 0 });
    const cache = new PlanCache((plan) => freed.push(plan), 2);
    for (const key of ["first", "second", "first", "third"]) cache.get(key, make);
    expect([made, freed]).toEqual([3, [2]]);
    expect(cache.get("first", make)).toEqual({ plan: 1, workspaceBytes: 0 });
    cache.get("second", make);
    expect([made, freed]).toEqual([4, [2, 3]]);
  });

  test("refusals too, which nobody asks for again or frees", () => {
    const freed: number[] = [];
    let asked = 0;
    const refuse = (): MadePlan => ({ refused: `${++asked}` });
    const cache = new PlanCache((plan) => freed.push(plan), 1);
    for (const key of ["first", "first", "second"]) cache.get(key, refuse);
    expect([asked, freed]).toEqual([2, []]);
  });
});
