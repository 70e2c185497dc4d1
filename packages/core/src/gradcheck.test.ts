import { openReference } from "@vertebra/parity";
import { beforeAll, describe, expect, it } from "vitest";
import { apply1 } from "./apply";
import { customVjp } from "./autograd";
import { setDevice } from "./device";
import { avgPool2d } from "./functional/avgPool2d";
import { batchNorm } from "./functional/batchNorm";
import { crossEntropy } from "./functional/crossEntropy";
import { localResponseNorm } from "./functional/localResponseNorm";
import { maxPool2d } from "./functional/maxPool2d";
import { norm } from "./functional/norm";
import { std } from "./functional/variance";
import { gradcheck } from "./gradcheck";
import { amax } from "./ops/amax";
import { add, div, greater, maximum, mul, pow } from "./ops/binary";
import { concat } from "./ops/concat";
import { conv2d } from "./ops/conv2d";
import { where } from "./ops/elementwise";
import { expand } from "./ops/expand";
import { gather } from "./ops/gather";
import { logSoftmax } from "./ops/logSoftmax";
import { matmul } from "./ops/matmul";
import { pad } from "./ops/pad";
import { permute } from "./ops/permute";
import { prod } from "./ops/prod";
import { scaleShift } from "./ops/scaleShift";
import { slice } from "./ops/slice";
import { softmax } from "./ops/softmax";
import { sum } from "./ops/sum";
import { topK } from "./ops/topK";
import { unaryOps } from "./ops/unary";
import { Philox } from "./random";
import { type Tensor, tensor } from "./tensor";

beforeAll(() => setDevice(openReference()));

let stream = 0;
const normal = (...shape: number[]): Tensor => tensor(new Philox(1, stream++).normalArray(count(shape)), { shape });
const positive = (...shape: number[]): Tensor =>
  tensor(
    new Philox(1, stream++).uniformArray(count(shape)).map((u) => 0.5 + u),
    { shape },
  );
/** Numbers at least 0.1 apart, and as far from 0. */
const apart = (...shape: number[]): Tensor =>
  tensor(
    Array.from(new Philox(1, stream++).permutation(count(shape)), (i) => 0.1 * i - 0.05 * count(shape) + 0.03),
    { shape },
  );
/** A row of the table with its default numbers. */
const unary = (name: keyof typeof unaryOps, x: Tensor): Tensor => apply1(unaryOps[name], [x], {});
const count = (shape: readonly number[]) => shape.reduce((n, size) => n * size, 1);

describe("second derivatives of", () => {
  const linear = ["neg", "abs", "relu", "relu6", "leakyRelu", "hardsigmoid", "clamp"] as const;
  const smooth = ["exp", "erf", "tanh", "sigmoid", "elu", "softplus", "silu", "mish", "gelu", "geluTanh", "hardswish"] as const;
  it.each([...linear, ...smooth])("%s", (name) =>
    gradcheck((x) => mul(unary(name, x), unary(name, x)), [apart(7)], { order: 2 }),
  );

  it.each(["log", "sqrt", "rsqrt"] as const)("%s", (name) => gradcheck((x) => unary(name, x), [positive(5)], { order: 2 }));

  const cases: [string, (...inputs: [Tensor, Tensor, Tensor]) => Tensor, () => Tensor[]][] = [
    ["mul, broadcast", mul, () => [normal(2, 3), normal(3)]],
    ["div, broadcast", div, () => [normal(2, 1), positive(3)]],
    ["pow", pow, () => [positive(4), normal(4)]],
    ["maximum", (a, b) => maximum(mul(a, a), b), () => [normal(6), normal(6)]],
    ["where", (a, b) => where(greater(a, 0), mul(a, b), mul(b, b)), () => [apart(6), normal(6)]],
    ["matmul", (a, b) => matmul(a, b), () => [normal(2, 3), normal(3, 2)]],
    [
      "matmul, transposed and broadcast",
      (a, b) => matmul(a, b, { transA: true, transB: true }),
      () => [normal(2, 3, 2), normal(2, 3)],
    ],
    [
      "conv2d",
      (x, w, b) => conv2d(x, w, b, { stride: [2, 1], padding: [1, 0, 0, 2], dilation: [1, 2], groups: 2 }),
      () => [normal(2, 4, 5, 4), normal(2, 2, 2, 2), normal(2)],
    ],
    ["maxPool2d", (x) => maxPool2d(mul(x, x), { kernel: 3, stride: 2, padding: 1 }), () => [apart(1, 2, 5, 4)]],
    ["avgPool2d", (x) => avgPool2d(mul(x, x), { kernel: 2, padding: 1 }), () => [normal(1, 2, 3, 4)]],
    [
      "batchNorm in training",
      (x, weight, bias) => batchNorm(x, { weight, bias, training: true, eps: 0.1 }),
      () => [normal(3, 2, 2, 1), normal(2), normal(2)],
    ],
    ["localResponseNorm", (x) => localResponseNorm(x, { size: 3, alpha: 0.5 }), () => [normal(1, 4, 2)]],
    ["scaleShift", scaleShift, () => [normal(2, 3, 2), normal(3), normal(3)]],
    ["softmax", (x) => softmax(x, 1), () => [normal(2, 4)]],
    ["logSoftmax", (x) => logSoftmax(x, 0), () => [normal(3, 2)]],
    [
      "crossEntropy",
      (x) => crossEntropy(x, tensor(Int32Array.of(1, 0, 3), { dtype: "i32" }), { labelSmoothing: 0.1 }),
      () => [normal(3, 4)],
    ],
    ["sum", (x) => pow(sum(x, { axes: [0, 2] }), 3), () => [normal(2, 3, 2)]],
    ["prod", (x) => prod(x, { axes: 1 }), () => [apart(2, 4)]],
    ["amax", (x) => amax(mul(x, x), { axes: [1], keepDims: true }), () => [apart(3, 4)]],
    ["std", (x) => std(x, { axes: 1 }), () => [normal(2, 4)]],
    ["norm", (x) => norm(x, { p: 3, axes: 0 }), () => [apart(3, 2)]],
    ["topK", (x) => topK(mul(x, x), 2).values, () => [apart(2, 5)]],
    [
      "gather",
      (x) => gather(mul(x, x), tensor(Int32Array.of(0, 0, 1, 2), { shape: [2, 2], dtype: "i32" }), 1),
      () => [normal(2, 3)],
    ],
    ["pad, reflected", (x) => pad(mul(x, x), [1, 0], [1, 2], { mode: "reflect" }), () => [normal(3, 3)]],
    ["slice", (x) => slice(mul(x, x), [0, 1], [2, 2], [1, 2]), () => [normal(2, 4)]],
    ["concat of one tensor with itself", (x) => concat([x, mul(x, x)], 1), () => [normal(2, 2)]],
    ["permute and expand", (x) => mul(permute(x, [1, 0]), expand(x, [2, 2])), () => [normal(1, 2)]],
  ];
  it.each(cases)("%s", (_, fn, inputs) => gradcheck(fn as (...inputs: Tensor[]) => Tensor, inputs(), { order: 2 }));
});

describe("a wrong derivative", () => {
  const wrongSquare = customVjp(
    "square",
    (x) => mul(x, x),
    (dy, x) => [mul(dy, mul(x, 2.01))],
  );

  it("is found and named", async () => {
    await expect(gradcheck((a, b) => add(a, wrongSquare(b)), [normal(2), positive(2)])).rejects.toThrow(
      /^gradcheck: the derivative by input 1, element 0, must be that of central differences, got .* instead of /,
    );
  });

  it("is found when only the second one is wrong", async () => {
    // Right by value, but the derivative is cut off the tape.
    const flat = customVjp(
      "square",
      (x) => mul(x, x),
      (dy, x) => [mul(dy, mul(x.detach(), 2))],
    );
    await gradcheck(flat, [positive(2)]);
    await expect(gradcheck(flat, [positive(2)], { order: 2 })).rejects.toThrow(
      "gradcheck: the second derivative by input 0, element 0,",
    );
  });
});
