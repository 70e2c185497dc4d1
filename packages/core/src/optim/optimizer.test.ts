import { readFileSync } from "node:fs";
import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, type Gradients, requireGrad, valueAndGrad } from "../autograd";
import { StateDictError } from "../errors";
import { full } from "../functional/creation";
import { add, mul } from "../ops/binary";
import { sum } from "../ops/sum";
import { scope, unscoped } from "../scope";
import { countElements, type Shape } from "../shape";
import { type Tensor, tensor } from "../tensor";
import { adagrad } from "./adagrad";
import { adam, adamW } from "./adam";
import type { Optimizer } from "./optimizer";
import { rmsprop } from "./rmsprop";
import { sgd } from "./sgd";

interface Row {
  readonly kind: keyof typeof FACTORIES;
  readonly options: Readonly<Record<string, unknown>>;
  /** By step and parameter. */
  readonly after: readonly (readonly number[])[][];
}

const FACTORIES = { SGD: sgd, Adam: adam, AdamW: adamW, RMSprop: rmsprop, Adagrad: adagrad };
const SHAPES: readonly Shape[] = [[2, 3], [4]];
const rows: Row[] = JSON.parse(readFileSync(new URL("../../goldens/optimizers.json", import.meta.url), "utf8"));
const device = openReference();

/** The pattern of goldens/make_functional.py. */
const pattern = (shape: Shape, seed: number): Tensor =>
  tensor(
    Array.from({ length: countElements(shape) }, (_, i) => (((i * 37 + seed * 101) % 211) - 105) / 64),
    { shape, device },
  );

const newParams = (): Tensor[] => unscoped(() => SHAPES.map((shape, i) => requireGrad(pattern(shape, i))));

/** Gradients of step `step`: the second parameter has none on the first. */
const gradsOf = (params: readonly Tensor[], step: number): Pick<Gradients, "get"> => ({
  get: (x) => {
    const i = params.indexOf(x);
    return step === 0 && i === 1 ? undefined : pattern(SHAPES[i]!, 10 * step + i + 20);
  },
});

const camelCase = (options: Readonly<Record<string, unknown>>): never =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()), value]),
  ) as never;

describe("optimizers step as PyTorch's do", () => {
  test.each(rows.map((row) => ({ row, name: `${row.kind} ${JSON.stringify(row.options)}` })))("$name", async ({ row }) => {
    using _ = scope();
    const params = newParams();
    using optimizer: Optimizer<never> = FACTORIES[row.kind](params, camelCase(row.options)) as never;
    for (const [step, after] of row.after.entries()) {
      optimizer.step(gradsOf(params, step));
      for (const [i, golden] of after.entries()) {
        const ours = await params[i]!.data();
        const error = Math.max(...golden.map((value, j) => Math.abs(value - ours[j]!)));
        expect(error, `step ${step}, parameter ${i}: ${ours} instead of ${golden}`).toBeLessThan(1e-10);
      }
    }
  });

  test("epsilon inside the root divides by √(square + eps)", async () => {
    const [x] = newParams() as [Tensor];
    const before = await x.data();
    using optimizer = rmsprop([x], { lr: 1, alpha: 0, eps: 4, epsInside: true });
    optimizer.step({ get: () => tensor(new Array(6).fill(3), { shape: [2, 3], device }) });
    // square = 9, so the step is 3 / √13.
    expect(before[0]! - (await x.data())[0]!).toBeCloseTo(3 / Math.sqrt(13), 12);
  });
});

describe("optimizer state", () => {
  test("a loaded state goes on bit-identically, with its learning rate", async () => {
    using _ = scope();
    const options = { lr: 0.1, momentum: 0.9, dampening: 0.3 };
    const [params, copies] = [newParams(), newParams()];
    using first = sgd(params, options);
    using second = sgd(copies, options);
    for (let step = 0; step < 3; step++) first.step(gradsOf(params, step));
    first.lr = 0.05;
    for (const [i, copy] of copies.entries()) copy.writeBytes(await params[i]!.bytes());
    second.loadStateDict(await first.stateDict());
    for (let step = 3; step < 5; step++) {
      first.step(gradsOf(params, step));
      second.step(gradsOf(copies, step));
    }
    expect(await Promise.all(copies.map((copy) => copy.data()))).toEqual(await Promise.all(params.map((param) => param.data())));
  });

  test("a state that doesn't fit is refused, naming everything, and changes nothing", async () => {
    const [params, others] = [newParams(), unscoped(() => [requireGrad(pattern([3], 0))])];
    using first = adam(params);
    using second = adam(others);
    first.step(gradsOf(params, 1));
    const state = await first.stateDict();
    expect(() => second.loadStateDict(state)).toThrow(StateDictError);
    expect(() => second.loadStateDict(state)).toThrow(/0\.mean: expected f64 \[3\], got f64 \[2, 3\].*1\.mean: unexpected/);
    expect([...(await second.stateDict()).keys()]).toEqual(["group.0.lr"]);
  });

  test("dispose frees it", async () => {
    const params = newParams();
    const before = device.memory().buffers;
    const optimizer = adam(params, { amsgrad: true });
    optimizer.step({ get: (x) => x });
    expect(device.memory().buffers).toBe(before + 7);
    optimizer.dispose();
    expect(device.memory().buffers).toBe(before);
  });
});

describe("learning rates", () => {
  test("groups have their own options, and setting the rate keeps their ratios", async () => {
    const [a, b] = newParams() as [Tensor, Tensor];
    using optimizer = sgd([{ params: [a], lr: 0.2 }, { params: [b] }], { lr: 0.1 });
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.2, 0.1]);
    optimizer.lr = 0.02;
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.02, expect.closeTo(0.01, 12)]);
  });

  test("a module's parameters without influence on the loss stay as they are", async () => {
    using _ = scope();
    const [a, b] = newParams() as [Tensor, Tensor];
    const before = await b.data();
    using optimizer = sgd([a, b], { lr: 0.1, weightDecay: 0.5 });
    optimizer.step(valueAndGrad([a, b], () => sum(mul(a, a))).grads);
    expect(await b.data()).toEqual(before);
  });

  test("options out of range are named", () => {
    const params = newParams();
    expect(() => sgd(params, { lr: -1 })).toThrow("sgd: lr must be a number ≥ 0, got -1");
    expect(() => sgd(params, { lr: 1, nesterov: true })).toThrow("sgd: nesterov must come with a momentum and no dampening");
    expect(() => adam(params, { betas: [0.9, 1] })).toThrow("adam: betas must be from 0 to below 1, got 0.9,1");
    expect(() => sgd([], { lr: 1 })).toThrow("sgd: there must be a parameter to train");
    expect(() => sgd([{ params }, { params }], { lr: 1 })).toThrow("sgd: a parameter must be in one group only");
  });
});

describe("backwardStep", () => {
  const loss = ([a, b]: readonly Tensor[]) => sum(mul(mul(sum(mul(a!, a!)), b!), b!));

  test.each([
    ["sgd", (params: Tensor[]) => sgd(params, { lr: 0.01, momentum: 0.9 })],
    ["adamW", (params: Tensor[]) => adamW(params, { lr: 0.01 })],
  ])("gives the numbers of backward and then step: %s", async (_, make) => {
    using _scope = scope();
    const [separate, joint] = [newParams(), newParams()];
    using first = make(separate);
    using second = make(joint);
    for (let step = 0; step < 3; step++) {
      first.step(backward(loss(separate)));
      second.backwardStep(loss(joint));
    }
    for (const [i, param] of joint.entries()) expect(await param.data()).toEqual(await separate[i]!.data());
  });

  test("never holds all gradients, and leaves those of other leaves in the result", async () => {
    using _scope = scope();
    const params = Array.from({ length: 8 }, (_, i) => requireGrad(full([1000], 1 + i / 8, { device })));
    const other = requireGrad(full([1000], 2, { device }));
    using optimizer = sgd(params, { lr: 0.1 });
    const total = [...params, other].map((x) => sum(mul(x, x))).reduce((a, b) => add(a, b));
    device.resetPeak();
    const before = device.memory().bytesInUse;
    const grads = optimizer.backwardStep(total);
    expect(device.memory().peakBytes - before).toBeLessThan(params.length * other.storage.buffer.bytes);
    expect(params.map((x) => grads.get(x))).toEqual(params.map(() => undefined));
    expect((await grads.get(other)!.data())[0]).toBe(4);
    expect((await params[0]!.data())[0]).toBeCloseTo(0.8);
  });

  test("refuses to step inside a backward pass that is to run again", () => {
    using _scope = scope();
    const x = requireGrad(full([1], 2, { device }));
    const consume = () => true;
    expect(() => backward(mul(x, x), { consume, retainGraph: true })).toThrow(/backward: consume may overwrite/);
  });
});
