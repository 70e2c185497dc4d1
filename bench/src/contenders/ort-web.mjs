import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { loadOnnx } from "./ort.mjs";
import { serve } from "./serve.mjs";

const { version } = JSON.parse(readFileSync(new URL("../../node_modules/onnxruntime-web/package.json", import.meta.url), "utf8"));
await serve({
  name: "onnxruntime-web (WebAssembly)",
  version,
  load: (task) => {
    ort.env.wasm.numThreads = task.threads;
    return loadOnnx(ort, task, { executionProviders: ["wasm"] });
  },
});
