import {
  avgPool2d,
  BatchNorm2d,
  Conv2d,
  concat,
  conv2d,
  countElements,
  crossEntropy,
  type Device,
  Flatten,
  gelu,
  grad,
  Linear,
  logSoftmax,
  MaxPool2d,
  matmul,
  Philox,
  permute,
  ReLU,
  relu,
  requireGrad,
  Sequential,
  type Shape,
  seedInit,
  sgd,
  sum,
  type Tensor,
  tensor,
  topK,
  valueAndGrad,
  withDevice,
} from "@vertebra/core";

/** Results by name. */
export type Values = { readonly [name: string]: readonly number[] };

/** A user's program: some ops with gradients, then two training steps of a network of LeNet-5's size. The same on any device. */
export async function program(device: Device): Promise<Values> {
  const results = { ...operations(device), ...training(device) };
  const values: Record<string, readonly number[]> = {};
  for (const [name, result] of Object.entries(results)) values[name] = Array.from(await result.data());
  return values;
}

function operations(device: Device): Record<string, Tensor> {
  const random = new Philox(7);
  const draw = (shape: Shape) => requireGrad(tensor(signed(random, countElements(shape)), { shape, device }));
  const [x, weight, bias] = [draw([3, 8, 17, 19]), draw([12, 4, 3, 3]), draw([12])];
  const y = relu(conv2d(x, weight, bias, { stride: 2, padding: 1, groups: 2 }));
  const [dx, dweight, dbias] = grad(sum(y.mul(y)), [x, weight, bias]) as [Tensor, Tensor, Tensor];
  const [a, b] = [draw([129, 65]), draw([65, 130])];
  const product = matmul(a, b);
  return {
    conv2d: y,
    dx,
    dweight,
    dbias,
    matmul: product,
    gelu: gelu(x),
    logSoftmax: logSoftmax(product),
    topK: topK(product, 5, { axis: 1 }).values,
    pooled: avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }),
    joined: concat([permute(x, [0, 2, 3, 1]), permute(x, [0, 2, 3, 1])], 3),
  };
}

function training(device: Device): Record<string, Tensor> {
  const random = new Philox(8);
  const images = tensor(signed(random, 8 * 32 * 32), { shape: [8, 1, 32, 32], device });
  const labels = tensor([3, 1, 4, 1, 5, 9, 2, 6], { dtype: "i32", device });
  const model = withDevice(device, lenet);
  const optimizer = sgd(model, { lr: 0.1, momentum: 0.9, weightDecay: 1e-4 });
  const losses = [0, 1].map(() => {
    const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(images), labels));
    optimizer.step(grads);
    grads.dispose();
    return value.reshape([1]);
  });
  const [first, ...parameters] = model.parameters() as [Tensor, ...Tensor[]];
  return { losses: concat(losses, 0), firstWeight: first, lastBias: parameters.at(-1) as Tensor };
}

function lenet(): Sequential {
  seedInit(9);
  return new Sequential([
    new Conv2d(1, 6, { kernel: 5 }),
    new BatchNorm2d(6),
    new ReLU(),
    new MaxPool2d({ kernel: 2 }),
    new Conv2d(6, 16, { kernel: 5 }),
    new ReLU(),
    new MaxPool2d({ kernel: 2 }),
    new Flatten(),
    new Linear(400, 120),
    new Linear(120, 84),
    new Linear(84, 10),
  ]);
}

/** Uniform in [−1, 1). */
const signed = (random: Philox, elements: number): Float32Array => random.uniformArray(elements).map((u) => 2 * u - 1);
