import * as ort from "onnxruntime-web/webgpu";
import { fetchBytes, fetchInput } from "./task-files.mjs";

export const name = "onnxruntime-web webgpu";
export const version = ort.env.versions.web;

export async function load(task) {
  if (task.kind === "training") throw new Error("ONNX Runtime's packages can't train");
  ort.env.wasm.wasmPaths = `${location.origin}/ort/`;
  const session = await ort.InferenceSession.create(await fetchBytes(task, "model.onnx"), {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "all",
    freeDimensionOverrides: { batch: task.shape[0] },
    // `run` then returns when the work is issued; with outputs on the host it would wait for the device.
    preferredOutputLocation: "gpu-buffer",
  });
  const values = await fetchInput(task);
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const begin = async () => {
    const { [output]: y } = await session.run({ [input]: new ort.Tensor("float32", values, task.shape) });
    return { result: y.getData(true) };
  };
  return { begin, close: () => session.release() };
}
