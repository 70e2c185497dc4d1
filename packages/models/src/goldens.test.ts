import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpu } from "@vertebra/backend-cpu";
import {
  crossEntropy,
  type Device,
  formatShape,
  noGrad,
  openMeta,
  type StateSource,
  scope,
  tensor,
  valueAndGrad,
  withFusion,
} from "@vertebra/core";
import { openReference } from "@vertebra/parity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createModel, listModels } from "./registry";
import { generatedInput, generatedTargets, generatedWeights } from "./testing/generated-weights";

/** Norm and two samples of a tensor. */
type Digest = readonly [norm: number, first: number, second: number];

interface Golden {
  readonly shape: readonly [number, number, number, number];
  readonly logits: readonly number[];
  readonly logitsError: number;
  readonly loss: number;
  readonly lossError: number;
  readonly grads: readonly Digest[];
  readonly gradsError: number;
  readonly statistics: readonly Digest[];
  readonly statisticsError: number;
}

interface Goldens {
  readonly models: Readonly<Record<string, Golden>>;
  readonly layouts: Readonly<Record<string, { readonly printed: string; readonly state: string }>>;
  readonly printed: Readonly<Record<string, string>>;
}

const goldens: Goldens = JSON.parse(readFileSync(new URL("../goldens/models.json", import.meta.url), "utf8"));
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("models are laid out as PyTorch's", () => {
  test.each(listModels())("%s: state dict and print(model)", (name) => {
    const model = createModel(name, { device: openMeta() });
    const state = [...model.stateDict()].map(([key, { shape }]) => `${key} ${formatShape(shape)}`).join("\n");
    if (goldens.printed[name]) expect(String(model)).toBe(goldens.printed[name]);
    expect({ printed: sha256(String(model)), state: sha256(state) }).toEqual(goldens.layouts[name]);
  });
});

/** Digits of the goldens: in f64 nothing else may differ. */
const F64_ERROR = 2e-8;

/** Rounding of f32 sums in another order, where PyTorch's own error happens to be small. */
const F32_ERROR = 2e-6;

describe("lenet5 on the f64 reference", () => compareWithPyTorch("lenet5", async () => openReference(), F64_ERROR));

describe.each(Object.keys(goldens.models))("%s on cpu", (name) => compareWithPyTorch(name, () => cpu().open(), F32_ERROR));

/** Eval logits, and one training step's loss, gradients and statistics. `atLeast` is the error that is always allowed, relative to the largest value. */
function compareWithPyTorch(name: string, open: () => Promise<Device>, atLeast: number): void {
  const golden = goldens.models[name]!;
  const [batch] = golden.shape;
  let device: Device;
  let weights: StateSource | undefined;
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device?.close());
  // PyTorch's own float32 error, four times over.
  const bound = (error: number) => (atLeast === F64_ERROR ? F64_ERROR : Math.max(4 * error, atLeast));
  const load = () => {
    const model = createModel(name, { numClasses: 10, device });
    weights ??= generatedWeights(model);
    model.loadStateDict(weights);
    const x = tensor(generatedInput(golden.shape), { shape: golden.shape, device });
    return { model, x };
  };

  test.each([true, false])("logits (fusion %s)", async (fusion) => {
    using _ = scope();
    const { model, x } = load();
    const logits = withFusion(fusion, () => noGrad(() => model.eval().forward(x)));
    expectClose([...(await logits.data())], golden.logits, bound(golden.logitsError));
    model.dispose();
  });

  test("loss, gradients and running statistics of a training step", async () => {
    using _ = scope();
    const { model, x } = load();
    const target = tensor(generatedTargets(batch, 10), { dtype: "i32", device });
    const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(x), target));
    expectClose([await value.item()], [golden.loss], bound(golden.lossError));
    const digests = await Promise.all(model.parameters().map(async (param) => digest(await grads.get(param)!.data())));
    for (const [i, [key]] of model.namedParameters().entries())
      expectDigest(digests[i]!, golden.grads[i]!, bound(golden.gradsError), key);
    const statistics = model.namedBuffers().filter(([key]) => key.includes("running"));
    for (const [i, [key, value]] of statistics.entries()) {
      expectDigest(digest(await value.data()), golden.statistics[i]!, bound(golden.statisticsError), key);
    }
    model.dispose();
  });
}

function digest(values: ArrayLike<number>): Digest {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return [Math.sqrt(squares), values[Math.floor(values.length / 3)]!, values[Math.floor((values.length * 2) / 3)]!];
}

/** A sample may be off by `bound` of the tensor's norm. */
function expectDigest(ours: Digest, golden: Digest, bound: number, key: string): void {
  const scale = Math.max(golden[0], 1e-12);
  const error = Math.max(...ours.map((value, i) => Math.abs(value - golden[i]!))) / scale;
  expect(error, `${key}: ours ${ours}, PyTorch's ${golden}`).toBeLessThanOrEqual(bound);
}

function expectClose(ours: readonly number[], golden: readonly number[], bound: number): void {
  const scale = Math.max(...golden.map(Math.abs));
  const error = Math.max(...ours.map((value, i) => Math.abs(value - golden[i]!))) / scale;
  expect(error, `ours ${ours}, PyTorch's ${golden}`).toBeLessThanOrEqual(bound);
}
