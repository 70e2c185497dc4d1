import { openMeta } from "@vertebra/core";
import { createModel, listModels } from "@vertebra/models";

const device = openMeta();
const printed = listModels().map((name) => [name, String(createModel(name, { device }))]);
console.log(JSON.stringify(Object.fromEntries(printed)));
