import { type Device, seedInit } from "@vertebra/core";
import { createModel, findModel } from "@vertebra/models";
import type { ModelCase } from "@vertebra/parity";

/** A model to be compared, as `vertebra parity --models` has it: the same weights on every device, four small images. */
export function modelCase(name: string): ModelCase {
  const { inputShape, smallSide } = findModel(name).facts;
  const make = (device: Device) => {
    seedInit(0);
    return createModel(name, { device, numClasses: 10 });
  };
  return { name, make, input: [4, inputShape[0], smallSide, smallSide] };
}
