import {
  ArgumentError,
  concatBytes,
  decode,
  formatShape,
  type MemoryTensor,
  toMemoryTensor,
  writeSafetensors,
} from "@vertebra/core";
import type { Command } from "../commands";
import { usingDevice } from "../devices";
import { usingSafetensors } from "../open-file";
import { requireOtherFile } from "../output-path";
import { shortened } from "../shortened";
import { loadTrainedModel, runModel } from "../trained-model";
import { writeAtomically } from "../write-atomically";

export const run: Command<"run"> = async ({ args, options, output }) => {
  const [name = ""] = args;
  const { weights = "", inputFile = "", outputFile = "", numClasses, batchSize, precision = "f32" } = options;
  const where = "vertebra run";
  await requireOtherFile(where, outputFile, [inputFile, weights]);
  return usingDevice(options.device, { ...options, output }, async (device) => {
    const trained = await loadTrainedModel({ where, name, weights, numClasses, options: options.options, device, output });
    const { model } = trained;
    const { values, shape } = await readInput(inputFile);
    const started = performance.now();
    const n = shape[0] as number;
    const step = batchSize ?? Math.max(1, n);
    const perImage = values.length / Math.max(1, n);
    const parts: Float32Array[] = [];
    for (let from = 0; from < n || from === 0; from += step) {
      const size = Math.min(step, n - from);
      parts.push(
        await runModel(model, {
          images: values.subarray(from * perImage, (from + size) * perImage),
          shape: [size, ...shape.slice(1)],
          device,
          precision,
        }),
      );
    }
    const seconds = (performance.now() - started) / 1000;
    model.dispose();
    const logits = concatBytes(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
    const classes = n === 0 ? 0 : logits.byteLength / 4 / n;
    await writeAtomically(outputFile, writeSafetensors([["logits", { dtype: "f32", shape: [n, classes], bytes: logits }]]));
    output.json({ model: name, device: device.name, input: shape, logits: [n, classes], seconds, output: outputFile });
    if (!output.isJson)
      output.say(
        `${formatShape(shape)} → ${formatShape([n, classes])} in ${seconds.toFixed(3)} s on ${device.name}. Saved ${outputFile}`,
      );
    return 0;
  });
};

/** The tensor `input` [N, C, H, W] as f32. @throws ArgumentError naming what the file holds instead. */
async function readInput(path: string): Promise<{ values: Float32Array; shape: readonly number[] }> {
  return usingSafetensors(path, async (file) => {
    const entry = file.entries.get("input");
    if (entry === undefined) {
      const got = shortened(Array.from(file.entries.keys(), (name) => JSON.stringify(name))) || "no tensors";
      throw new ArgumentError(path, { rule: "it must hold a tensor `input`", got });
    }
    if (entry.shape.length !== 4)
      throw new ArgumentError(path, { rule: "`input` must be [N, C, H, W]", got: formatShape(entry.shape) });
    const tensor: MemoryTensor = toMemoryTensor(path, "input", await file.read("input"));
    return { values: Float32Array.from(decode(tensor.bytes, tensor.dtype)), shape: tensor.shape };
  });
}
