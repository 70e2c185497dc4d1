// VGG-16's features as a distance between pictures, and pictures made again from features. See README.md.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cpu } from "@vertebra/backend-cpu";
import { machine, save } from "../shared/run.mjs";
import { compareDistortions, FULL, openVgg, QUICK, reconstructFromStages, traceDistortions } from "./experiment.mjs";
import { describe, drawCurves, drawPictures, shortened } from "./report.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    weights: { type: "string" },
    out: { type: "string", default: fileURLToPath(new URL(".", import.meta.url)) },
  },
});
const settings = values.quick ? QUICK : FULL;
const environment = machine();
const started = performance.now();
const device = await cpu().open();
const model = await openVgg(device, values.weights);
const weights = values.weights ?? "random (not trained)";
console.log(`VGG-16, weights: ${weights}`);

const distorted = await compareDistortions(model, settings);
const distances = describe(distorted, settings.stages);
console.table(distances);
const curves = await traceDistortions(model, settings);
const reconstructions = await reconstructFromStages(model, settings, (line) => console.log(line));
model.dispose();
await device.close();
const seconds = Math.round((performance.now() - started) / 1000);

save(values.out, {
  "results.json": {
    machine: environment,
    seconds,
    settings,
    weights,
    distances,
    curves,
    reconstructions: shortened(reconstructions),
  },
  "curves.svg": drawCurves(curves, reconstructions),
  "pictures.svg": drawPictures(distorted, reconstructions),
});
