import type { Device } from "@vertebra/core";
import { runModels, runOps, type TestedOp } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { modelCase } from "../../../../tests/model-case";
import { openForTests } from "../testing/open-device";
import { vendorCallsOf } from "../testing/vendor-folder";

process.env.VERTEBRA_CUDA_VENDOR ??= "host";
const { device: opened, reason } = await openForTests({ vendor: "always" });
const device = opened as Device;
const OPS: readonly TestedOp[] = ["matmul", "conv2d", "conv2dFused", "conv2dInputGrad", "conv2dWeightGrad"];

/** On a real GPU, where they aren't installed. */
const absent = opened?.libraries?.find((line) => line.includes("absent"));

describe.skipIf(!opened || absent)(`libraries wherever they take a call, on ${opened?.adapter ?? reason} ${absent ?? ""}`, () => {
  afterAll(() => device.close());

  test.each(OPS)("pass the conformance kit: %s", async (op) => {
    const before = vendorCallsOf(device);
    const report = await runOps([device], { ops: [op] });
    expect(report.failures.map(({ message }) => message)).toEqual([]);
    expect(vendorCallsOf(device) - before).toBeGreaterThan(10);
  });

  test("train a network", async () => {
    const before = vendorCallsOf(device);
    const { failures, passed } = await runModels([device], [modelCase("lenet5")]);
    expect(failures.map(({ message }) => message)).toEqual([]);
    expect([passed, vendorCallsOf(device) > before]).toEqual([5, true]);
  });
});
