import {
  backward,
  crossEntropy,
  type Device,
  type Module,
  manualSeed,
  noGrad,
  Philox,
  Scope,
  type Shape,
  type Tensor,
  tensor,
  withFusion,
} from "@vertebra/core";
import { firstDivergence } from "./divergence";
import { toValues } from "./evaluate";
import { openNoisy } from "./noisy";
import { openReference } from "./reference/index";
import type { Values } from "./reference/values";
import { type CaseOutcome, type Failure, type Report, summarize } from "./report";
import { PRECISIONS, type Precision } from "./tolerance";

/** A model to be compared: classifies images. */
export interface ModelCase {
  readonly name: string;
  readonly make: (device: Device) => Module;
  /** [N, C, H, W] */
  readonly input: Shape;
}

export interface ModelOptions {
  readonly onCase?: (outcome: CaseOutcome) => void;
}

/** Runs of the reference with errors: their spread is the tolerance. */
const NOISE_RUNS = 2;

/**
 * Compares whole models with the f64 reference, same weights and images: one training step (loss, gradient of every parameter,
 * running statistics), then logits at evaluation, with fused kernels and without.
 *
 * How much a network magnifies rounding depends on its depth and weights, so no fixed tolerance is right. The reference is run
 * twice with every op's result moved by what independent roundings give; an array may be four times as far away (in its
 * 2-norm) as these runs are. A device that fails is run again to find the first op that breaks its own tolerance.
 */
export async function runModels(
  devices: readonly Device[],
  cases: readonly ModelCase[],
  options: ModelOptions = {},
): Promise<Report> {
  const outcomes: CaseOutcome[] = [];
  for (const one of cases) {
    const expected = await runModel(openReference(), one);
    const spreads = new Map<string, Map<string, number>>();
    for (const device of devices) {
      const { floatDtype } = device;
      const spread = spreads.get(floatDtype) ?? (await spreadOf(one, expected, PRECISIONS[floatDtype]));
      spreads.set(floatDtype, spread);
      for (const outcome of await compareModel(device, one, expected, spread)) {
        outcomes.push(outcome);
        options.onCase?.(outcome);
      }
    }
  }
  return summarize(devices, outcomes);
}

/** Loss, gradients, statistics and logits by name; the first word says which. */
type ModelRun = ReadonlyMap<string, Values>;

async function runModel(device: Device, one: ModelCase): Promise<ModelRun> {
  const scope = new Scope(undefined);
  const model = one.make(device);
  try {
    const results = scope.run(() => {
      const training = trainOnce(model, batchOf(one, device));
      const { images } = batchOf(one, device);
      model.eval();
      const logits = noGrad(() => model.forward(images));
      const hasFused = Object.keys(device.fused).length > 0;
      const unfused = hasFused ? withFusion(false, () => noGrad(() => model.forward(images))) : logits;
      return [...training, ["logits", logits], ["unfused logits", unfused]] as const;
    });
    return new Map(await Promise.all(results.map(async ([name, value]) => [name, await toValues(value)] as const)));
  } finally {
    scope.end();
    model.dispose();
  }
}

/** One forward and backward pass in training mode. */
export function trainOnce(model: Module, { images, labels }: Batch): [string, Tensor][] {
  model.train();
  manualSeed(0, images.device);
  const loss = crossEntropy(model.forward(images), labels);
  const grads = backward(loss);
  const gradients = model.namedParameters().flatMap(([name, parameter]): [string, Tensor][] => {
    const grad = grads.get(parameter);
    return grad ? [[`gradient ${name}`, grad]] : [];
  });
  const statistics = model.namedBuffers().map(([name, value]): [string, Tensor] => [`statistics ${name}`, value]);
  return [["loss", loss], ...gradients, ...statistics];
}

export interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** The same normal images and labels on every device. `index` gives others. */
export function batchOf({ input }: { readonly input: Shape }, device: Device, { index = 0, classes = 10 } = {}): Batch {
  const random = new Philox(20, index);
  const elements = input.reduce((count, size) => count * size, 1);
  const images = tensor(random.normalArray(elements), { shape: input, device });
  const labels = Int32Array.from({ length: input[0] as number }, () => random.integer(classes));
  return { images, labels: tensor(labels, { dtype: "i32", device }) };
}

/** How far the reference with errors is from the reference, by name: 2-norms. */
async function spreadOf(one: ModelCase, expected: ModelRun, precision: Precision): Promise<Map<string, number>> {
  const random = new Philox(21);
  const squares = new Map<string, number>();
  for (let run = 0; run < NOISE_RUNS; run++) {
    const moved = await runModel(openNoisy(precision, random, "typical"), one);
    for (const [name, value] of expected) {
      squares.set(name, (squares.get(name) ?? 0) + distance(moved.get(name), value) ** 2 / NOISE_RUNS);
    }
  }
  return new Map([...squares].map(([name, square]) => [name, Math.sqrt(square)]));
}

/** Four times the spread, and a rounding of the values themselves. */
export const boundOf = (spread: number, size: number, { rounding }: Precision): number => 4 * spread + 4 * rounding * size;

const norm = ({ data }: Values): number => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
const distance = (a: Values | undefined, b: Values): number =>
  a ? norm(b.map((value, i) => value - a.at(i))) : Number.POSITIVE_INFINITY;

const PARTS = ["loss", "gradient", "statistics", "logits", "unfused"];

async function compareModel(
  device: Device,
  one: ModelCase,
  expected: ModelRun,
  spread: ReadonlyMap<string, number>,
): Promise<CaseOutcome[]> {
  const precision = PRECISIONS[device.floatDtype];
  const actual = await runModel(device, one);
  const judged = [...expected].map(([name, value]) => {
    const bound = boundOf(spread.get(name) ?? 0, norm(value), precision);
    return { name, bound, error: distance(actual.get(name), value) };
  });
  const isBroken = judged.some(({ error, bound }) => !(error <= bound));
  const cause = isBroken ? await causeOf(device, one) : undefined;
  return PARTS.map((part) => {
    const own = judged.filter(({ name }) => name.startsWith(part));
    const failures = own.filter(({ error, bound }) => !(error <= bound)).map((row) => failureOf(device, one, row, cause));
    const fraction = own.reduce((worst, { error, bound }) => (bound > 0 ? Math.max(worst, error / bound) : worst), 0);
    return {
      device: device.name,
      op: one.name,
      case: part,
      outcome: failures.length > 0 ? "failed" : "passed",
      fraction,
      failures,
    };
  });
}

/** The first op of a training step that breaks its own tolerance. */
async function causeOf(device: Device, one: ModelCase): Promise<string | undefined> {
  const model = one.make(device);
  try {
    return await firstDivergence(device, () => trainOnce(model, batchOf(one, device)));
  } finally {
    model.dispose();
  }
}

function failureOf(
  device: Device,
  one: ModelCase,
  { name, error, bound }: { readonly name: string; readonly error: number; readonly bound: number },
  cause: string | undefined,
): Failure {
  const text = `${name} is ${error.toPrecision(3)} away in the 2-norm, allowed ${bound.toPrecision(3)} from what rounding does to this model`;
  const where = cause ? `. First to diverge: ${cause}` : ". Every op of a training step keeps its own tolerance";
  const kind = name.startsWith("gradient") ? "gradient" : "value";
  return {
    device: device.name,
    op: one.name,
    case: name,
    kind,
    message: `${one.name} on ${device.name}: ${text}${where}`,
    error,
    bound,
  };
}
