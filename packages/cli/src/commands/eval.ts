import { ArgumentError } from "@vertebra/core";
import { loadBatches } from "@vertebra/data";
import type { Command } from "../commands";
import { usingDevice } from "../devices";
import { formatCount, formatPercent } from "../format";
import { ProgressBar } from "../progress-bar";
import { loadTrainedModel } from "../trained-model";
import { loadData, preprocessingFor } from "../training/data";
import { evaluate } from "../training/evaluate";
import { EVALUATION_BATCH } from "../training/session";

export const evalCommand: Command<"eval"> = async ({ args, options, output }) => {
  const [name = ""] = args;
  const { weights = "", limit, numClasses } = options;
  return usingDevice(options.device, { ...options, output }, async (device) => {
    const where = "vertebra eval";
    const trained = await loadTrainedModel({ where, name, weights, numClasses, options: options.options, device, output });
    const { model, record, inChannels } = trained;
    const data = options.data ?? record?.settings.data ?? "mnist";
    const testSet = await loadData(data, "test");
    const [channels] = testSet.shape;
    if (channels !== inChannels) {
      const rule = `the images must have the weights' ${inChannels === 1 ? "one channel" : `${inChannels} channels`}`;
      throw new ArgumentError(where, { rule, got: `${channels} in ${data}`, fix: "Choose other --data or --weights" });
    }
    const { mean, std, padding } = record?.preprocessing ?? preprocessingFor(data, testSet);
    const batchSize = options.batchSize ?? EVALUATION_BATCH;
    const loader = loadBatches(testSet, { batchSize, mean, std, padding, ...(limit !== undefined && { limit }) });
    const bar = new ProgressBar(output, "testing", Math.min(limit ?? testSet.length, testSet.length));
    let seen = 0;
    const result = await evaluate(model, loader, {
      device,
      precision: options.precision ?? "f32",
      onBatch: (images) => {
        if (output.isLive) bar.add(images - seen);
        seen = images;
        return true;
      },
    });
    model.dispose();
    if (result === undefined) return 1;
    const imagesPerSecond = result.images / bar.seconds;
    output.json({ model: name, data, device: device.name, ...result, imagesPerSecond });
    if (!output.isJson) {
      output.say(`test accuracy ${formatPercent(result.accuracy)}`);
      const counts = `${formatCount(result.correct)} of ${formatCount(result.images)} right`;
      output.say(
        output.paint("dim", `${counts}, loss ${result.loss.toFixed(4)}, ${formatCount(imagesPerSecond)} img/s on ${device.name}`),
      );
    }
    return 0;
  });
};
