import { avgPool2d, crossEntropy, norm, scoped, seedInit, tensor, valueAndGrad } from "@vertebra/core";
import { loadBatches, loadMnist, MNIST_MEAN, MNIST_STD } from "@vertebra/data";
import { plain20_cifar, plain56_cifar, resnet20_cifar, resnet56_cifar } from "@vertebra/models/resnet-cifar";

/**
 * @typedef {import("@vertebra/core").Device} Device
 * @typedef {{ name: string, norms: number[] }} Result `norms`: |∂loss/∂weight| of each 3×3 convolution, from the image on
 */

const NETWORKS = [
  { name: "plain-20", build: plain20_cifar },
  { name: "plain-56", build: plain56_cifar },
  { name: "ResNet-20", build: resnet20_cifar },
  { name: "ResNet-56", build: resnet56_cifar },
];

/**
 * Size of each layer's gradient before training, on one batch of MNIST at 14 × 14 pixels.
 * @param {Device} device
 * @param {{ batchSize: number }} settings
 * @returns {Promise<Result[]>}
 */
export async function measureLayerGradients(device, { batchSize }) {
  const dataset = await loadMnist({ resolveFrom: import.meta.url });
  const results = [];
  for await (const batch of loadBatches(dataset, { batchSize, limit: batchSize, mean: MNIST_MEAN, std: MNIST_STD })) {
    for (const { name, build } of NETWORKS) {
      seedInit(0);
      const model = build({ inChannels: 1, device });
      const norms = scoped(() => {
        const images = avgPool2d(tensor(batch.images, { shape: batch.shape, device }), { kernel: 2 });
        const labels = tensor(batch.labels, { dtype: "i32", device });
        const { grads } = valueAndGrad(model, () => crossEntropy(model.forward(images), labels));
        const weights = model.parameters().filter(({ shape }) => shape.length === 4);
        return weights.flatMap((weight) => grads.get(weight) ?? []).map((gradient) => norm(gradient));
      });
      results.push({ name, norms: await Promise.all(norms.map((value) => value.item())) });
      for (const value of norms) value.dispose();
      model.dispose();
    }
  }
  return results;
}
