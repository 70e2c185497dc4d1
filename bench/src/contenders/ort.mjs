import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readInput } from "./serve.mjs";

/**
 * The same for both builds of ONNX Runtime. The batch is told to the session, so that it can plan its memory.
 * @param {typeof import("onnxruntime-common")} ort
 * @param {import("./serve.mjs").Task} task
 */
export async function loadOnnx(ort, task, options) {
  const model = readFileSync(join(task.folder, "model.onnx"));
  const session = await ort.InferenceSession.create(new Uint8Array(model), {
    ...options,
    graphOptimizationLevel: "all",
    freeDimensionOverrides: { batch: task.shape[0] },
  });
  const values = readInput(task);
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const run = async () => {
    const results = await session.run({ [input]: new ort.Tensor("float32", values, task.shape) });
    return results[output].data;
  };
  return { run };
}
