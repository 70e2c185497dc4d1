// Deeper plain networks train worse, residual ones don't: He et al. 2016, section 4.2. See README.md.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cpu } from "@vertebra/backend-cpu";
import { machine, save } from "../shared/run.mjs";
import { FULL, QUICK, runExperiment } from "./experiment.mjs";
import { drawCourses, shortened, summarize } from "./report.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    steps: { type: "string" },
    seed: { type: "string", default: "0" },
    lr: { type: "string" },
    out: { type: "string", default: fileURLToPath(new URL(".", import.meta.url)) },
  },
});
const base = values.quick ? QUICK : FULL;
const settings = {
  ...base,
  seed: Number(values.seed),
  steps: Number(values.steps ?? base.steps),
  lr: Number(values.lr ?? base.lr),
};
const environment = machine();
const device = await cpu().open();
const courses = await runExperiment(device, settings, (line) => console.log(line));
await device.close();

const summary = summarize(courses);
console.table(summary);
save(values.out, {
  "results.json": { machine: environment, settings, summary, courses: shortened(courses) },
  "curves.svg": drawCourses(courses),
});
