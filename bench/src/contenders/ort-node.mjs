import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { loadOnnx } from "./ort.mjs";
import { serve } from "./serve.mjs";

const { version } = JSON.parse(
  readFileSync(new URL("../../node_modules/onnxruntime-node/package.json", import.meta.url), "utf8"),
);
await serve({
  name: "onnxruntime-node (native)",
  version,
  load: (task) => loadOnnx(ort, task, { intraOpNumThreads: task.threads }),
});
