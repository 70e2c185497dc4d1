import { createHash } from "node:crypto";
import {
  crossEntropy,
  type Device,
  formatShape,
  noGrad,
  openMeta,
  scope,
  summarize,
  tensor,
  valueAndGrad,
  withFusion,
} from "@vertebra/core";
import { openReference } from "@vertebra/parity";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Classifier } from "./classifier";
import { findModel, listModels } from "./registry";
import { generatedInput, generatedTargets, generatedWeights } from "./testing/generated-weights";
import { goldenDevice, openGoldenDevice } from "./testing/golden-device";
import { type Digest, layouts, readGoldens } from "./testing/goldens";
import { Judge } from "./testing/judge";

// A software GPU takes minutes where cpu takes seconds.
if (goldenDevice !== "cpu") vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const goldens = readGoldens();
const CLASSES = 10;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

test("PyTorch has counted every model", () => {
  expect(new Set(listModels())).toEqual(new Set(Object.keys(layouts)));
});

describe("models are laid out as PyTorch's", () => {
  test.each(listModels())("%s: state dict, print(model), parameters and multiply-accumulates", (name) => {
    const layout = layouts[name]!;
    const model = findModel(name)({ device: openMeta() });
    const state = [...model.stateDict()].map(([key, { shape }]) => `${key} ${formatShape(shape)}`).join("\n");
    expect(sha256(state)).toBe(layout.state);
    if (layout.printed) expect(sha256(String(model))).toBe(layout.printed);
    const { params, macs } = summarize(model, [1, ...layout.inputShape]);
    expect({ params, macs }).toEqual({ params: layout.params, macs: layout.macs });
    expect(findModel(name).facts).toMatchObject({ inputShape: layout.inputShape, numClasses: layout.numClasses });
  });
});

/** Digits of the goldens: in f64 nothing else may differ. */
const F64_ERROR = 5e-8;

/**
 * Rounding of f32 sums in another order, where PyTorch's own error happens to be small. The same on WebGPU, although WGSL lets a
 * division be 2.5 ULP off (3e-7), a square root about 5, exp(x) 3 + 2 |x|: there are few of them beside the sums, in norms, SiLU
 * and the loss. Only a device at the limit of all of these could leave the bound in a deep network.
 */
const F32_ERROR = 2e-6;

/** Of a gradient that is zero but for rounding, relative to the norm of all. */
const ZERO_ERROR = 1e-5;

// The full set may be asked for other models alone.
describe.each(Object.keys(goldens).filter((name) => name === "lenet5"))("%s on the f64 reference", (name) =>
  compareWithPyTorch(name, async () => openReference(), F64_ERROR),
);

// One for all: WebAssembly's memory goes only with the garbage collector, which doesn't see how large it is.
let device: Device;
beforeAll(async () => {
  device = await openGoldenDevice();
});
afterAll(() => device?.close());

describe.each(Object.keys(goldens))(`%s on ${goldenDevice}`, (name) => compareWithPyTorch(name, async () => device, F32_ERROR));

/** `atLeast` is the error that is always allowed, relative to the largest value. */
function compareWithPyTorch(name: string, open: () => Promise<Device>, atLeast: number): void {
  const golden = goldens[name]!;
  let device: Device;
  let model: Classifier;
  let started = 0;
  beforeAll(async () => {
    started = performance.now();
    device = await open();
    model = findModel(name)({ numClasses: CLASSES, device, ...NOTHING_RANDOM });
    model.loadStateDict(generatedWeights(model));
  });
  afterAll(() => model?.dispose());
  const input = () => tensor(generatedInput(golden.shape, golden.stream), { shape: golden.shape, device });
  const judge = new Judge((kind) => {
    if (atLeast === F64_ERROR) return F64_ERROR;
    // PyTorch's own float32 error, four times over.
    return Math.max(4 * golden.errors[kind], kind === "zeroGrads" ? ZERO_ERROR : atLeast);
  });
  if (process.env.GOLDENS_MODELS) {
    afterAll(() =>
      console.info(`${name} on ${device?.name} (${device?.adapter}), ${seconds(started)} s, of the bounds: ${judge}`),
    );
  }

  test.each([true, false])("logits (fusion %s)", async (fusion) => {
    using _ = scope();
    const logits = withFusion(fusion, () => noGrad(() => model.eval().forward(input())));
    judge.expectClose("logits", [...(await logits.data())], golden.logits);
  });

  test("features of the stages", async () => {
    using _ = scope();
    const stages = Object.keys(golden.stages);
    const pyramid = model.eval().features({ stages });
    const maps = noGrad(() => pyramid.forward(input()));
    expect(pyramid.stages).toEqual(stages);
    for (const [i, stage] of stages.entries()) {
      const { shape, digest: expected } = golden.stages[stage]!;
      expect(maps[i]!.shape).toEqual(shape);
      judge.expectDigest("stages", digest(await maps[i]!.data()), expected, stage);
    }
  });

  // Last: it changes the running statistics.
  test("loss, gradients and running statistics of a training step", async () => {
    using _ = scope();
    const [batch] = golden.shape;
    const target = tensor(generatedTargets(batch, CLASSES), { dtype: "i32", device });
    const loss = () => model.train().trainingLoss(input(), (logits) => crossEntropy(logits, target)).loss;
    const { value, grads } = valueAndGrad(model, loss);
    judge.expectClose("loss", [await value.item()], [golden.loss]);
    const digests: [string, Digest][] = [];
    for (const [key, param] of model.namedParameters()) {
      digests.push([key, digest(await (grads.get(param) ?? expect.fail(`no gradient for ${key}`)).data())]);
    }
    judge.expectClose("gradsNorm", [Math.hypot(...digests.map(([, [norm]]) => norm))], [golden.gradsNorm]);
    for (const [i, expected] of golden.grads.entries()) {
      const [key, ours] = digests[i * golden.gradsEvery]!;
      // Zero but for rounding: a bias in front of batch norm.
      if (expected === 0) judge.expectZero("zeroGrads", ours, golden.gradsNorm, key);
      else judge.expectDigest("grads", ours, expected, key);
    }
    const statistics = model.namedBuffers().filter(([key]) => key.includes("running"));
    for (const [i, expected] of golden.statistics.entries()) {
      const [key, value] = statistics[i * golden.statisticsEvery]!;
      judge.expectDigest("statistics", digest(await value.data()), expected, key);
    }
  });
}

const seconds = (started: number): string => ((performance.now() - started) / 1000).toFixed(0);

/** The oracle drops nothing either. */
const NOTHING_RANDOM = { dropout: 0, stochasticDepth: 0 };

function digest(values: ArrayLike<number>): Digest {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return [Math.sqrt(squares), values[Math.floor(values.length / 3)]!, values[Math.floor((values.length * 2) / 3)]!];
}
