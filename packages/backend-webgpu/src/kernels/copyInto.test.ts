import { copyInto, type Device, tensor } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import { numbered, SIZES } from "../testing/against-reference";
import { openForTests } from "../testing/open-device";
import { operandOf, PORTABLE } from "../testing/run-kernel";
import { copyInto as plan } from "./copyInto";

const { device, reason } = await openForTests();

describe.skipIf(!device)(`copyInto on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  it.each(SIZES)("overwrites the target, %s", async (dtype) => {
    for (const shape of [[], [1], [9], [5, 65], [0]]) {
      const { values } = numbered(shape, dtype);
      const options = { shape, dtype, device: device as Device };
      const target = tensor(new Float32Array(values.length).fill(7), options);
      copyInto(target, tensor(values, options));
      expect(Array.from(await target.data())).toEqual(Array.from(values));
    }
  });
});

describe("copyInto's plan", () => {
  it("copies the bytes of the source", () => {
    const [target, source] = [operandOf([3, 3], "f16"), operandOf([3, 3], "f16")];
    expect(plan([target, source], [], {}, PORTABLE)).toEqual([{ copyBytes: 18, from: source, to: target }]);
  });

  it("does nothing within one memory and for no elements", () => {
    const [target, empty] = [operandOf([4]), operandOf([0])];
    expect(plan([target, { ...operandOf([4]), memory: target.memory }], [], {}, PORTABLE)).toEqual([]);
    expect(plan([operandOf([0]), empty], [], {}, PORTABLE)).toEqual([]);
  });
});
