// How alike gradients are at neighbouring inputs, and how large from layer to layer. See README.md.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cpu } from "@vertebra/backend-cpu";
import { machine, save } from "../shared/run.mjs";
import { measureLayerGradients } from "./layer-gradients.mjs";
import { describe, drawLayerGradients, drawShattering, shortened } from "./report.mjs";
import { FULL, measureShattering, QUICK } from "./shattering.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: fileURLToPath(new URL(".", import.meta.url)) },
  },
});
const environment = machine();
const started = performance.now();
const device = await cpu().open();
const shattering = await measureShattering(device, values.quick ? QUICK : FULL);
const layers = await measureLayerGradients(device, { batchSize: values.quick ? 4 : 128 });
await device.close();
const seconds = Math.round((performance.now() - started) / 1000);

console.table(describe(shattering));
save(values.out, {
  "results.json": { machine: environment, seconds, ...shortened({ shattering, layers }) },
  "autocorrelation.svg": drawShattering(shattering),
  "layer-gradients.svg": drawLayerGradients(layers),
});
