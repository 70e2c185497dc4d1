import { type Device, formatShape, type Shape, type TensorSpec, VertebraError } from "@vertebra/core";
import { opOf } from "../case-values";
import type { Deviation } from "../compare";
import type { RecordedCall } from "./check-call";
import { isFused, type KernelName } from "./expectation";
import { writtenBy } from "./host-call";

/** Which element of which result is wrong, and by how much. */
export interface WrongElement extends Deviation {
  /** Of the outputs and then the overwritten inputs. */
  readonly result: number;
}

/** A kernel gave something else than the checker's did with the same arguments. */
export class WrongKernelError extends VertebraError {
  constructor(
    { kernel, layer, inputs, written }: RecordedCall,
    readonly element: WrongElement,
    device: Device,
    checker: Device,
  ) {
    const { result, index, actual, expected, error, bound } = element;
    const { shape } = written[result] as TensorSpec;
    const place = `${formatShape(positionOf(shape, index))} of ${resultNames(kernel)[result]} ${formatShape(shape)}`;
    const of = inputs.map((input) => formatShape(input.shape)).join(", ");
    super(kernel, {
      rule: `${device.name} (${device.adapter}) must agree with the ${checker.name}`,
      got: `${digits(actual)} instead of ${digits(expected)} at ${place}, an error of ${error.toPrecision(3)} where ${bound.toPrecision(3)} is allowed, from ${of}`,
      fix: `Report it with this text, and use ${device.name === "cpu" ? "another device" : "the cpu"} meanwhile`,
    });
    this.locate(`${layer}`);
  }
}

const resultNames = (kernel: KernelName): readonly string[] => {
  if (isFused(kernel)) return ["y"];
  const op = opOf(kernel);
  return writtenBy(op, op.inputs, op.outputs);
};

/** As many as tell two f32 numbers apart. */
const digits = (value: number): string => `${Number(value.toPrecision(9))}`;

/** [n, c, h, w] of an element by its number. */
const positionOf = (shape: Shape, index: number): number[] => {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const position = rest % size;
      rest = (rest - position) / size;
      return position;
    })
    .toReversed();
};
