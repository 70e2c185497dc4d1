import { add, copyInto, type Device, matmul, Philox, Scope, tensor } from "@vertebra/core";
import { runModels, runOps, type TestedOp } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { modelCase } from "../../../../tests/model-case";
import { record } from "../index";
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

  test("are recorded: a replay reads what its inputs hold, in memory that nobody else gets meanwhile", async () => {
    const random = new Philox(8);
    const make = () => tensor(random.normalArray(32 * 32), { shape: [32, 32], device });
    const [x, other, weight] = [make(), make(), make()];
    const forward = () => matmul(add(matmul(x, weight), 1), weight);
    const before = vendorCallsOf(device);
    const recording = record(device, forward);
    expect(vendorCallsOf(device)).toBeGreaterThan(before);
    copyInto(x, other);
    // Takes and writes what a recording that lost its memory would use.
    const scope = new Scope(undefined);
    const expected = scope.run(() => [forward(), ...Array.from({ length: 8 }, () => add(matmul(other, other), 2))]);
    recording.replay();
    expect([...(await recording.result.data())]).toEqual([...((await expected[0]?.data()) ?? [])]);
    scope.end();
    recording.dispose();
    for (const one of [x, other, weight]) one.dispose();
  });
});
