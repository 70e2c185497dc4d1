import { measure } from "../measure.mjs";
import { casesTable, detailsTable } from "../report.mjs";
import { inferenceTask, MODELS } from "../tasks.mjs";

const CASES = [
  ["lenet5", 1],
  ["lenet5", 8],
  ["resnet18", 1],
  ["resnet18", 8],
  ["resnet50", 1],
  ["resnet50", 8],
  ["efficientnet_b0", 1],
  ["densenet121", 1],
  ["vgg16", 1],
];

export const title = "Inference: host array in, host array out";

export async function run({ contenders, effort, threads, only, log }) {
  const cases = [];
  for (const [model, batch] of CASES) {
    const title = `${MODELS[model].title}, batch ${batch}`;
    if (only && !`${model}/${batch}`.includes(only)) continue;
    log(title);
    cases.push({ title, rows: await measure(await inferenceTask(model, batch, threads), contenders, effort) });
  }
  return { text: `${casesTable(cases)}\n\n${detailsTable(cases)}`, data: { cases } };
}
