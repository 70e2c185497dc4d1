// `node scripts/training-memory.mjs NAME BATCH`: one step of SGD with momentum of a model at its published size on cpu, and the most
// memory that this process has taken. Needs a build. Ends with 1 from 8 GiB on.
import { cpu } from "@vertebra/backend-cpu";
import { crossEntropy, scope, sgd, tensor, valueAndGrad } from "@vertebra/core";
import { createModel, findModel } from "@vertebra/models";

const MOST_GIB = 8;

const [name, batch] = [process.argv[2], Number(process.argv[3])];
const { inputShape, numClasses } = findModel(name).facts;
const device = await cpu().open();
const model = createModel(name, { device });
const optimizer = sgd(model, { lr: 0.01, momentum: 0.9 });

const started = performance.now();
const step = scope();
const shape = [batch, ...inputShape];
const elements = shape.reduce((a, b) => a * b);
const images = tensor(
  Float32Array.from({ length: elements }, (_, i) => Math.sin(i)),
  { shape, device },
);
const labels = tensor(
  Array.from({ length: batch }, (_, i) => i % numClasses),
  { dtype: "i32", device },
);
const { value: loss, grads } = valueAndGrad(
  model,
  () => model.trainingLoss(images, (logits) => crossEntropy(logits, labels)).loss,
);
optimizer.step(grads);
const lossValue = await loss.item();
step.end();
const seconds = (performance.now() - started) / 1000;
await device.close();

const gib = process.resourceUsage().maxRSS / 2 ** 20;
console.log(`${name}: a training step on ${shape.join(" × ")} took ${gib.toFixed(2)} GiB and ${seconds.toFixed(0)} s`);
if (!(gib < MOST_GIB) || !Number.isFinite(lossValue)) {
  console.error(`${name}: a training step must take less than ${MOST_GIB} GiB and give a finite loss`);
  process.exitCode = 1;
}
