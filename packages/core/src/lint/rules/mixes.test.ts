import { describe, expect, test } from "vitest";
import type { Device } from "../../backend";
import { openMeta } from "../../backends/meta";
import { withDevice } from "../../device";
import { zeros } from "../../functional/creation";
import { ReLU } from "../../nn/layers/activations";
import { Linear } from "../../nn/layers/linear";
import { Sequential } from "../../nn/layers/sequential";
import { add } from "../../ops/binary";
import { lint } from "../lint";
import { Net } from "../testing/found-in";

const DOUBLE: Device = { ...openMeta(), floatDtype: "f64" };
const network = (last = openMeta(), first = last) =>
  new Sequential({
    fc1: withDevice(first, () => new Linear(4, 4)),
    act: new ReLU(),
    fc2: withDevice(first, () => new Linear(4, 4)),
    act2: new ReLU(),
    fc3: withDevice(last, () => new Linear(4, 2)),
  });

const found = (model: Parameters<typeof lint>[0], rule: "dtype-mix" | "device-mix") =>
  lint(model, [1, 4], { rules: [rule] }).findings.map(({ severity, path, message }) => [severity, path, message]);

describe("dtype-mix", () => {
  test("a layer of another dtype is found, and the call that stops", () => {
    expect(found(network(DOUBLE, openMeta()), "dtype-mix")).toEqual([
      ["error", "fc3", expect.stringMatching(/^matmul: .*f32.*f64/)],
      ["warning", "fc3", "2 tensors of f64, most others are f32"],
    ]);
  });

  test("one dtype is no mix, whichever it is", () => {
    expect(found(network(DOUBLE), "dtype-mix")).toEqual([]);
  });
});

describe("device-mix", () => {
  test("a layer left on another device is found", () => {
    const [here, there] = [openMeta(), { ...openMeta(), name: "elsewhere" }];
    expect(found(network(there, here), "device-mix")).toEqual([["error", "fc3", "2 tensors of elsewhere, most others are meta"]]);
  });

  test("a tensor that the model doesn't own is found where it is used", () => {
    const device = openMeta();
    const offset = zeros([1, 4], { device });
    const model = withDevice(device, () => new Net({ fc: new Linear(4, 4) }, (x, { fc }) => add(fc.forward(x), offset)));
    expect(found(model, "device-mix")).toEqual([["error", "", "uses a tensor that the model's own devices don't reach"]]);
  });

  test("one device is no mix", () => {
    expect(found(network(), "device-mix")).toEqual([]);
  });
});
