import { openReference } from "@vertebra/parity";
import { beforeEach, describe, expect, it } from "vitest";
import { backward, customVjp, grad, noGrad, requireGrad, valueAndGrad } from "./autograd";
import type { Device } from "./backend";
import { setDevice } from "./device";
import { argmax } from "./ops/argmax";
import { add, mul, sub } from "./ops/binary";
import { concat } from "./ops/concat";
import { copyInto } from "./ops/copyInto";
import { matmul } from "./ops/matmul";
import { reshape } from "./ops/reshape";
import { sum } from "./ops/sum";
import { exp, relu, tanh } from "./ops/unary";
import { scope } from "./scope";
import { type NestedNumbers, type Tensor, tensor } from "./tensor";

let device: Device;
beforeEach(() => {
  device = openReference();
  setDevice(device);
});

const leaf = (values: NestedNumbers): Tensor => requireGrad(tensor(values));
const numbers = async (x: Tensor | undefined): Promise<number[] | undefined> => x && [...(await x.data())];

describe("backward", () => {
  it("adds up what comes by several ways", async () => {
    const x = leaf([2, 3]);
    const y = mul(x, x);
    // d/dx Σ (x² + x² · x) = 2x + 3x²
    const grads = backward(sum(add(y, mul(y, x))));
    expect(await numbers(grads.get(x))).toEqual([16, 33]);
  });

  it("sums over broadcast axes", async () => {
    const [a, b, c] = [leaf([[1], [2]]), leaf([1, 2, 3]), leaf(4)];
    const grads = backward(sum(mul(add(a, b), c)));
    expect([await numbers(grads.get(a)), grads.get(a)?.shape]).toEqual([
      [12, 12],
      [2, 1],
    ]);
    expect(await numbers(grads.get(b))).toEqual([8, 8, 8]);
    expect([await numbers(grads.get(c)), grads.get(c)?.shape]).toEqual([[21], []]);
  });

  it("takes dy for a result of many elements, and asks for it", async () => {
    const x = leaf([1, 2]);
    const y = mul(x, 3);
    expect(() => backward(y)).toThrow("backward: dy must be given in y's shape [2] unless y has one element, got none");
    expect(() => backward(y, { dy: tensor([1]) })).toThrow("got [1]");
    expect(await numbers(backward(y, { dy: tensor([1, 10]) }).get(x))).toEqual([3, 30]);
  });

  it("gives no gradient to what has no influence or was detached", async () => {
    const [x, unused] = [leaf([1]), leaf([1])];
    const grads = backward(sum(mul(x, x.detach())));
    expect(grads.get(unused)).toBeUndefined();
    expect(await numbers(grads.get(x))).toEqual([1]);
  });

  it("passes through views and lists, and stops at indices", async () => {
    const x = leaf([[1, 2]]);
    const y = concat([reshape(x, [2, 1]), reshape(x, [2, 1])], 1);
    expect(argmax(y, { axis: 1 }).requiresGrad).toBe(false);
    expect(await numbers(backward(sum(mul(y, y))).get(x))).toEqual([4, 8]);
  });

  it("refuses what isn't on the tape", () => {
    expect(() => backward(sum(tensor([1])))).toThrow("backward: y must depend on a tensor that wants a gradient");
    const x = leaf([1]);
    const y = noGrad(() => sum(mul(x, x)));
    expect(y.requiresGrad).toBe(false);
    expect(() => requireGrad(tensor([1], { dtype: "i32" }))).toThrow(
      "requireGrad: only tensors of a floating dtype have gradients, got i32",
    );
  });

  it("is deep without recursion", async () => {
    const x = leaf([1]);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = add(y, x);
    expect(await numbers(backward(y).get(x))).toEqual([20_001]);
  });
});

describe("what the tape keeps", () => {
  it("runs once, and again only with retainGraph", async () => {
    const x = leaf([3]);
    const once = sum(mul(x, x));
    backward(once);
    expect(() => backward(once)).toThrow(
      "sum: backward may run once over a graph; its saved values are gone. Pass { retainGraph: true } to the first backward",
    );
    const twice = sum(mul(x, x));
    backward(twice, { retainGraph: true });
    expect(await numbers(backward(twice).get(x))).toEqual([6]);
  });

  it("frees saved values as backward passes them", () => {
    using _ = scope();
    const x = leaf([1, 2, 3]);
    const before = device.memory().buffers;
    const loss = (() => {
      using inner = scope();
      return inner.keep(sum(exp(tanh(x))));
    })();
    // Held by the tape: tanh's and exp's results.
    expect(device.memory().buffers).toBe(before + 3);
    const grads = backward(loss);
    expect(device.memory().buffers).toBe(before + 2);
    grads.dispose();
    loss.dispose();
    expect(device.memory().buffers).toBe(before);
  });

  it("frees saved values when the result is dropped without backward", () => {
    using _ = scope();
    const x = leaf([1]);
    const before = device.memory().buffers;
    const loss = sum(exp(tanh(x)));
    loss.dispose();
    {
      using inner = scope();
      inner.keep(sum(exp(tanh(x)))).dispose();
    }
    expect(device.memory().buffers).toBe(before + 2);
  });

  it("notices a saved value that was overwritten", () => {
    const [x, w] = [leaf([1]), tensor([2])];
    const y = sum(mul(x, w));
    copyInto(w, tensor([5]));
    expect(() => backward(y)).toThrow(
      'mul: the value saved for backward ("b") must not be overwritten before backward runs, got version 2 instead of 1. Run backward before',
    );
  });

  it("lets values be overwritten that no derivative needs", async () => {
    const [x, w] = [leaf([1]), tensor([2])];
    const y = sum(add(x, w));
    copyInto(w, tensor([5]));
    expect(await numbers(backward(y).get(x))).toEqual([1]);
  });

  it("refuses to overwrite a parameter while recording", () => {
    const x = leaf([1]);
    expect(() => copyInto(x, tensor([2]))).toThrow(
      "copyInto: a tensor that wants a gradient must not be overwritten while recording",
    );
    noGrad(() => copyInto(x, tensor([2])));
  });
});

describe("grad", () => {
  it("gives gradients of leaves and of values in between, in order", async () => {
    const x = leaf([2]);
    const y = mul(x, x);
    const [dy, dx] = grad(sum(mul(y, y)), [y, x]);
    expect([await numbers(dy), await numbers(dx)]).toEqual([[8], [32]]);
  });

  it("names an x that y doesn't depend on, or that is off the tape", () => {
    const [x, other] = [leaf([1]), leaf([1])];
    expect(() => grad(sum(mul(x, x)), [x, other])).toThrow("grad: y must depend on xs[1]");
    expect(() => grad(sum(mul(x, x)), [tensor([1])])).toThrow("grad: xs[0] must be on the tape");
  });

  it("differentiates again with createGraph", async () => {
    const x = leaf([2, 3]);
    const [first] = grad(sum(mul(x, mul(x, x))), [x], { createGraph: true });
    const [second] = grad(sum(first as Tensor), [x], { createGraph: true });
    const [third] = grad(sum(second as Tensor), [x]);
    expect([await numbers(first), await numbers(second), await numbers(third)]).toEqual([
      [12, 27],
      [12, 18],
      [6, 6],
    ]);
  });

  it("records nothing of the backward pass otherwise", () => {
    const x = leaf([2]);
    expect(grad(sum(mul(x, x)), [x])[0]?.requiresGrad).toBe(false);
  });

  it("a Hessian-vector product by two backwards agrees with the matrix", async () => {
    const matrix = [
      [2, 1],
      [1, 4],
    ];
    const x = leaf([[1], [2]]);
    const energy = sum(mul(x, matmul(tensor(matrix), x)));
    const [slope] = grad(energy, [x], { createGraph: true });
    const [product] = grad(sum(mul(slope as Tensor, tensor([[1], [-1]]))), [x]);
    expect(await numbers(product)).toEqual([2, -6]);
  });
});

describe("hooks", () => {
  it("see the complete gradient of a value in between and of a leaf, once", async () => {
    const seen: [string, Promise<number[] | undefined>][] = [];
    const x = leaf([1, 2]);
    const y = mul(x, 2);
    y.tape?.hooks.push((dy) => seen.push(["y", numbers(dy)]));
    x.tape?.hooks.push((dx) => seen.push(["x", numbers(dx)]));
    backward(sum(add(y, mul(y, y))));
    expect(seen.map(([name]) => name)).toEqual(["y", "x"]);
    expect(await Promise.all(seen.map(([, value]) => value))).toEqual([
      [5, 9],
      [10, 18],
    ]);
  });
});

describe("valueAndGrad and customVjp", () => {
  it("returns the loss off the tape and gradients of all parameters", async () => {
    const [w, b] = [tensor([2]), tensor([1])];
    const { value, grads } = valueAndGrad([w, b], () => sum(relu(sub(mul(w, 3), b))));
    expect([await value.item(), value.requiresGrad]).toEqual([5, false]);
    expect([await numbers(grads.get(w)), await numbers(grads.get(b))]).toEqual([[3], [-1]]);
  });

  it("leaves nothing behind but value and gradients", () => {
    const w = tensor([2, 3]);
    for (let i = 0; i < 3; i++) {
      const { value, grads } = valueAndGrad([w], () => sum(exp(tanh(mul(w, w)))));
      value.dispose();
      grads.dispose();
    }
    expect(device.memory().buffers).toBe(1);
  });

  it("uses the derivative given, whatever forward does", async () => {
    const straightThrough = customVjp(
      "sign",
      (x) => mul(x, 0),
      (dy) => [dy],
    );
    const x = leaf([1, 2]);
    const y = straightThrough(x);
    expect(await numbers(y)).toEqual([0, 0]);
    expect(await numbers(backward(y, { dy: tensor([3, 4]) }).get(x))).toEqual([3, 4]);
  });
});
