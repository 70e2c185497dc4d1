import { join } from "node:path";
import type { Device, OpName } from "@vertebra/core";
import type { Dataset } from "@vertebra/data";
import { runModels, runOps } from "@vertebra/parity";
import type { Command } from "../commands";
import { listDevices, usingDevice } from "../devices";
import { type Digit, drawDigits } from "../digits";
import { formatPercent } from "../format";
import { prepareAsTrained } from "../images/preprocess";
import { Interrupt } from "../interrupt";
import { printReport } from "../parity-report";
import { rankClasses } from "../probabilities";
import { runModel } from "../trained-model";
import { loadData, MNIST_PREPROCESSING } from "../training/data";
import { TrainingSession } from "../training/session";
import { settingsOf } from "../training/settings";
import { printDevices } from "./devices";
import { joinReports, modelCase, progressOn } from "./parity";

const MODEL = "lenet5";
const FOLDER = "vertebra-quickstart";
/** One of each kind that LeNet-5 uses, with its gradient. */
const OPS: readonly OpName[] = ["conv2d", "conv2dWeightGrad", "maxPool2d", "matmul", "logSoftmax", "sgdStep"];
/** The first digits of the test set, and then the first that the model gets wrong. */
const DIGITS = 4;

export const quickstart: Command<"quickstart"> = async ({ options, output }) => {
  const title = (text: string) => output.say(`\n${output.paint("bold", text)}`);
  using interrupt = new Interrupt(() => output.warn("\nStopping; once more to stop at once."));

  title("Devices");
  const devices = await listDevices(options);
  printDevices(devices, output);

  // Awaited here, or the signals would have their usual meaning back too early.
  return await usingDevice(options.device, options, async (device) => {
    title(`Training LeNet-5 on MNIST (60,000 images) on ${device.name}`);
    const [dataset, testSet] = [await loadData("mnist", "train"), await loadData("mnist", "test")];
    const out = options.out ?? join(FOLDER, `${MODEL}.safetensors`);
    const settings = { ...settingsOf({} as Parameters<typeof settingsOf>[0]), epochs: 1 };
    const record = {
      model: MODEL,
      numClasses: 10,
      inChannels: 1,
      preprocessing: MNIST_PREPROCESSING,
      classes: dataset.classes ?? [],
      settings,
      position: { epoch: 0, batch: 0, step: 0 },
    };
    const session = new TrainingSession({ device, output, interrupt, dataset, testSet, record, out });
    if (!(await session.train()) || interrupt.signal) return 1;
    const accuracy = session.epochs.at(-1)?.test?.accuracy ?? 0;
    output.say(`test accuracy ${formatPercent(accuracy)}`);
    output.say(output.paint("dim", `Saved ${out} (weights, and what --resume needs)`));

    title("What it sees");
    const digits = await pickDigits(session, testSet, device);
    for (const line of drawDigits(digits, output)) output.say(line);

    title(`Parity: ${device.name} against the f64 reference, errors as fractions of the derived bounds`);
    const onCase = progressOn(output);
    const report = joinReports([
      await runOps([device], { ops: OPS, onCase }),
      await runModels([device], [modelCase(MODEL)], { onCase }),
    ]);
    printReport(report, output);

    title("Next: npx vertebra …");
    for (const line of nextSteps(out)) output.say(`  ${line}`);
    session.dispose();
    const shown = digits.map(({ label, predictions }) => ({ label, predictions: predictions.slice(0, 2) }));
    output.json({ devices, device: device.name, testAccuracy: accuracy, checkpoint: out, digits: shown, parity: report });
    return report.failed === 0 ? 0 : 1;
  });
};

async function pickDigits({ model }: TrainingSession, testSet: Dataset, device: Device): Promise<Digit[]> {
  const picked: Digit[] = [];
  model.eval();
  for (let n = 0; n < testSet.length && picked.length <= DIGITS; n++) {
    const digit = await classify(model, testSet, n, device);
    const isRight = digit.predictions[0]?.label === digit.label;
    if (picked.length < DIGITS || !isRight) picked.push(digit);
  }
  return picked;
}

async function classify(
  model: TrainingSession["model"],
  { images, labels, classes = [] }: Dataset,
  n: number,
  device: Device,
): Promise<Digit> {
  const pixels = images.slice(n * 28 * 28, (n + 1) * 28 * 28);
  const { values, shape } = prepareAsTrained({ pixels, width: 28, height: 28, channels: 1 }, MNIST_PREPROCESSING);
  const logits = await runModel(model, { images: values, shape: [1, ...shape], device, precision: "f32" });
  return { pixels, label: classes[labels[n] as number] ?? "", predictions: rankClasses(logits, classes) };
}

const nextSteps = (checkpoint: string): string[] => [
  "train lenet5 --epochs 10",
  `predict lenet5 --weights ${checkpoint} 7.png`,
  "summary resnet50",
  "--help",
];
