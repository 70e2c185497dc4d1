import {
  backward,
  crossEntropy,
  type Device,
  type Gradients,
  type Module,
  manualSeed,
  Philox,
  Scope,
  type Shape,
} from "@vertebra/core";
import { batchOf, boundOf } from "./models";
import { openNoisy } from "./noisy";
import { openReference } from "./reference/index";
import { type CaseOutcome, type Failure, type Report, summarize } from "./report";
import { PRECISIONS, type Precision } from "./tolerance";

/** A short training run to be compared. */
export interface TrainingCase {
  readonly name: string;
  readonly make: (device: Device) => Module;
  /** [N, C, H, W] */
  readonly input: Shape;
  readonly optimizer: (model: Module) => { step(grads: Gradients): void; dispose(): void };
  /** Default: 20. */
  readonly steps?: number;
  /** Different batches, taken in turn. Default: 4. */
  readonly batches?: number;
}

const NOISE_RUNS = 3;

/**
 * Compares loss curves with the f64 reference. As for `runModels` the reference with errors shows how far apart rounding alone
 * drives two runs; training magnifies it from step to step, so a step is allowed four times the largest spread up to it.
 */
export async function runTraining(
  devices: readonly Device[],
  cases: readonly TrainingCase[],
  options: { readonly onCase?: (outcome: CaseOutcome) => void } = {},
): Promise<Report> {
  const outcomes: CaseOutcome[] = [];
  for (const one of cases) {
    const expected = await lossCurve(openReference(), one);
    for (const device of devices) {
      const bounds = await curveBounds(one, expected, PRECISIONS[device.floatDtype]);
      const outcome = compareCurves(device, one, { actual: await lossCurve(device, one), expected, bounds });
      outcomes.push(outcome);
      options.onCase?.(outcome);
    }
  }
  return summarize(devices, outcomes);
}

/** The loss of every step. Nothing waits for the device until the end. */
export async function lossCurve(device: Device, one: TrainingCase): Promise<number[]> {
  const { steps = 20, batches = 4 } = one;
  const model = one.make(device).train();
  const optimizer = one.optimizer(model);
  const losses = new Scope(undefined);
  manualSeed(0, device);
  try {
    const curve = Array.from({ length: steps }, (_, step) =>
      losses.run(() => {
        const inner = new Scope(losses);
        const loss = inner.run(() => {
          const { images, labels } = batchOf(one, device, { index: step % batches });
          const value = crossEntropy(model.forward(images), labels);
          optimizer.step(backward(value));
          return inner.keep(value.detach());
        });
        inner.end();
        return loss;
      }),
    );
    return await Promise.all(curve.map((loss) => loss.item()));
  } finally {
    losses.end();
    optimizer.dispose();
    model.dispose();
  }
}

async function curveBounds(one: TrainingCase, expected: readonly number[], precision: Precision): Promise<number[]> {
  const random = new Philox(22);
  const squares = expected.map(() => 0);
  for (let run = 0; run < NOISE_RUNS; run++) {
    const moved = await lossCurve(openNoisy(precision, random, "typical"), one);
    for (const [step, loss] of expected.entries())
      squares[step] = (squares[step] ?? 0) + ((moved[step] as number) - loss) ** 2 / NOISE_RUNS;
  }
  let largest = 0;
  return expected.map((loss, step) => {
    largest = Math.max(largest, Math.sqrt(squares[step] as number));
    return boundOf(largest, Math.abs(loss), precision);
  });
}

interface Curves {
  readonly actual: readonly number[];
  readonly expected: readonly number[];
  readonly bounds: readonly number[];
}

function compareCurves(device: Device, one: TrainingCase, { actual, expected, bounds }: Curves): CaseOutcome {
  const errors = expected.map((loss, step) => Math.abs((actual[step] as number) - loss));
  const first = errors.findIndex((error, step) => !(error <= (bounds[step] as number)));
  const fraction = errors.reduce((worst, error, step) => Math.max(worst, error / (bounds[step] as number)), 0);
  const base = { device: device.name, op: one.name, case: `${expected.length} steps`, fraction };
  if (first < 0) return { ...base, outcome: "passed", failures: [] };
  const [error, bound] = [errors[first] as number, bounds[first] as number];
  const text = `the loss of step ${first + 1} is ${actual[first]}, the reference's ${expected[first]}: an error of ${error.toPrecision(3)}, allowed ${bound.toPrecision(3)}`;
  const failure: Failure = {
    device: device.name,
    op: one.name,
    case: base.case,
    kind: "value",
    message: `${one.name} on ${device.name}: ${text}`,
    error,
    bound,
  };
  return { ...base, outcome: "failed", failures: [failure] };
}
