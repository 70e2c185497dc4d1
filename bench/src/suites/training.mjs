import { measure } from "../measure.mjs";
import { casesTable, detailsTable } from "../report.mjs";
import { MODELS, trainingTask } from "../tasks.mjs";

const CASES = [
  ["lenet5", 64],
  ["resnet18", 4],
];

/** The others can't train these networks: tfjs wasm has no gradient of a convolution, ONNX Runtime's packages none at all. */
const TRAINERS = ["vertebra", "torch"];

export const title = "Training step: cross-entropy, SGD with momentum; host arrays in, loss out";

export async function run({ contenders, effort, threads, only, log }) {
  const cases = [];
  for (const [model, batch] of CASES) {
    const title = `${MODELS[model].title}, batch ${batch}`;
    if (only && !`${model}/${batch}`.includes(only)) continue;
    log(title);
    const trainers = contenders.filter((id) => TRAINERS.includes(id));
    cases.push({ title, rows: await measure(await trainingTask(model, batch, threads), trainers, effort) });
  }
  return { text: `${casesTable(cases)}\n\n${detailsTable(cases)}`, data: { cases } };
}
