import {
  add,
  copyInto,
  type Device,
  DTYPES,
  generatorState,
  type Module,
  mul,
  noGrad,
  observe,
  scoped,
  sum,
  type Tensor,
  unscoped,
  VertebraError,
  withFusion,
} from "@vertebra/core";
import type { Classifier } from "@vertebra/models";
import { inPrecision, type PrecisionName } from "../precision";

/** Training stopped at a loss that isn't a finite number. */
export class NonFiniteLossError extends VertebraError {}

/** What the forward pass changes besides the tape: running statistics and the place in the random numbers. */
export interface StateBefore {
  readonly buffers: readonly (readonly [buffer: Tensor, copy: Tensor])[];
  readonly generator: Tensor;
}

/** Copies, on the device, of what a forward pass in training changes. */
export const rememberState = (model: Module, device: Device): StateBefore =>
  noGrad(() => ({
    buffers: model.namedBuffers().map(([, buffer]) => [buffer, add(buffer, 0)] as const),
    generator: add(generatorState(device), 0),
  }));

interface FailedStep {
  readonly model: Classifier;
  readonly images: Tensor;
  readonly before: StateBefore;
  readonly precision: PrecisionName;
  readonly value: number;
  readonly step: number;
}

/** The error for a loss that isn't finite. Puts the model back to before the step, having run the batch again to find the layer. */
export async function nonFiniteLoss({ model, images, before, precision, value, step }: FailedStep): Promise<NonFiniteLossError> {
  restore(before);
  const culprit = await firstNonFinite(model, images, precision);
  restore(before);
  const fix = "The weights are those of before this step. Try a lower --lr";
  return new NonFiniteLossError("train", { rule: "the loss must be finite", got: `${value} at step ${step}. ${culprit}`, fix });
}

function restore({ buffers, generator }: StateBefore): void {
  noGrad(() => {
    for (const [buffer, copy] of buffers) copyInto(buffer, copy);
    copyInto(generatorState(generator.device), generator);
  });
}

/** A sentence on where the first NaN or infinity comes from: images, weights, or the output of an op in a layer. */
async function firstNonFinite(model: Classifier, images: Tensor, precision: PrecisionName): Promise<string> {
  if (await isNonFinite(images)) return "The images of the batch hold a NaN or infinity";
  for (const [name, value] of model.namedParameters()) {
    if (await isNonFinite(value))
      return `Already before it, ${name} held a NaN or infinity: the gradients of an earlier step overflowed`;
  }
  const found: { layer: string; op: string; flag: Tensor }[] = [];
  let isChecking = false;
  // One op at a time, so that the op named is the one that did it.
  const forward = () => scoped(() => withFusion(false, () => void inPrecision(precision, () => model.forwardAux(images))));
  noGrad(() =>
    observe(({ layer, op, outputs }) => {
      // The checks are ops too.
      if (isChecking) return;
      isChecking = true;
      for (const output of outputs) if (isFloat(output)) found.push({ layer: String(layer), op, flag: nonFiniteFlag(output) });
      isChecking = false;
    }, forward),
  );
  try {
    for (const { layer, op, flag } of found) {
      if (!Number.isFinite(await flag.item()))
        return `The first output that isn't finite is ${layer === "" ? op : `${layer}'s (${op})`}`;
    }
  } finally {
    for (const { flag } of found) flag.dispose();
  }
  return "All layers gave finite outputs: the loss itself overflowed";
}

const isFloat = (x: Tensor): boolean => DTYPES[x.dtype].isFloat;

/** Σ 0·x on the device: 0, or NaN if an element is NaN or infinite. */
const nonFiniteFlag = (x: Tensor): Tensor => noGrad(() => unscoped(() => scoped(() => sum(mul(x, 0)))));

async function isNonFinite(x: Tensor): Promise<boolean> {
  const flag = nonFiniteFlag(x);
  const value = await flag.item();
  flag.dispose();
  return !Number.isFinite(value);
}
