// The generated pages: docs/ops.md, docs/models.md and docs/cli.md, from the op table, the models' facts and the options; tables and
// figures of docs/backbones, from the models. `pnpm pages` writes them, tests/pages.test.ts fails when they are stale.
import { readdirSync, readFileSync } from "node:fs";
import { OPS, PRIMITIVES } from "@vertebra/core";
import { findModel, listModels } from "@vertebra/models";
import { commandReference, compareModels } from "vertebra";
import { figures } from "./figures.mjs";

const SOURCES = new URL("../packages/core/src/ops/", import.meta.url);

/** Pages by path from the root. */
export function pages() {
  const models = compareModels(listModels());
  return {
    "docs/ops.md": opsPage(),
    "docs/models.md": modelsPage(models),
    "docs/cli.md": cliPage(),
    ...Object.fromEntries([...new Set(models.map(({ family }) => family))].map((family) => familyPage(family, models))),
    ...figures(models),
  };
}

function opsPage() {
  const says = docSentences();
  const row = ([name, { inputs, optional = 0, isVariadic, outputs, vjp }]) => {
    const args = inputs.map((input, i) => `${isVariadic ? "..." : ""}${input}${i >= inputs.length - optional ? "?" : ""}`);
    const results = outputs.length === 0 ? "in place" : outputs.join(", ");
    return `| \`${name}\` | ${args.join(", ")} | ${results} | ${vjp ? "yes" : "–"} | ${says.get(name) ?? ""} |`;
  };
  const table = (ops) => ["| op | inputs | results | derivative | |", "| --- | --- | --- | --- | --- |", ...ops.map(row)];
  const all = Object.entries(OPS);
  const primitives = all.filter(([name]) => name in PRIMITIVES);
  const elementwise = all.filter(([name]) => !(name in PRIMITIVES));
  return page("Ops", [
    `Every backend has a kernel for each of these ${all.length} ops; everything else in \`@vertebra/core\` is made of them.`,
    "Derivatives are made of ops too, so second derivatives work. Backward ops without a derivative of their own are replaced by a composition while backward is being recorded.",
    "",
    `## With a file of their own (${primitives.length})`,
    "",
    ...table(primitives),
    "",
    `## Elementwise (${elementwise.length})`,
    "",
    "Rows of one table in each backend; two arguments broadcast.",
    "",
    ...table(elementwise),
  ]);
}

/** First sentence of the doc comment above each exported function. */
function docSentences() {
  const found = new Map();
  for (const file of readdirSync(SOURCES).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))) {
    const text = readFileSync(new URL(file, SOURCES), "utf8");
    for (const [, comment, name] of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:const|function) (\w+)/g)) {
      const plain = comment
        .replaceAll(/\s*\n\s*\*\s?/g, " ")
        .replace(/@throws[\s\S]*/, "")
        .trim();
      found.set(
        name,
        plain
          .match(/^.*?(?<!\bal)[.:;](?=\s|$)/)?.[0]
          .replace(/[:;]$/, ".")
          .replaceAll("|", "\\|") ?? plain.replaceAll("|", "\\|"),
      );
    }
  }
  // Functions whose name isn't the op's.
  found.set("maxPool2d", found.get("maxPool2dWindows"));
  return found;
}

function modelsPage(models) {
  const rows = models.map(({ model, params, macs }) => {
    const { inputShape, numClasses, source } = findModel(model).facts;
    return `| \`${model}\` | ${inputShape.join(" × ")} | ${numClasses} | ${params.toLocaleString("en")} | ${macsText(macs)} | ${source} |`;
  });
  return page("Models", [
    "`createModel(name, { numClasses, inChannels, device })` builds one; `vertebra summary NAME` shows it layer by layer.",
    "Parameters and multiply-accumulates are counted from the models; multiply-accumulates are those of convolutions and linear layers",
    "for one image, biases not counted. The source's own numbers are the models' `facts`.",
    "",
    "| model | input | classes | parameters | MACs | source of the facts |",
    "| --- | --- | ---: | ---: | ---: | --- |",
    ...rows,
  ]);
}

const TABLE = { start: "<!-- Table made by `pnpm pages`; don't edit. -->", end: "<!-- End of the table. -->" };

/** A family's page as it stands, with the table of its models in its place. */
function familyPage(family, models) {
  const path = `docs/backbones/${family}.md`;
  const text = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const [start, end] = [text.indexOf(TABLE.start) + TABLE.start.length, text.indexOf(TABLE.end)];
  if (end < start || start < TABLE.start.length)
    throw new Error(`${path}: a table's place is between "${TABLE.start}" and "${TABLE.end}"`);
  const rows = models
    .filter((model) => model.family === family)
    .map(({ model, params, macs, depth, top1 }) => {
      const cells = [
        `\`${model}\``,
        depth,
        params.toLocaleString("en"),
        macsText(macs),
        top1 === undefined ? "–" : top1.toFixed(2),
      ];
      return `| ${cells.join(" | ")} |`;
    });
  const head = ["| model | depth | parameters | MACs | top-1, % |", "| --- | ---: | ---: | ---: | ---: |"];
  return [path, `${text.slice(0, start)}\n\n${[...head, ...rows].join("\n")}\n\n${text.slice(end)}`];
}

const macsText = (macs) => (macs < 1e8 ? `${(macs / 1e6).toFixed(3)} M` : `${(macs / 1e9).toFixed(2)} G`);

const cliPage = () =>
  page("Command line", [
    "Exit codes: 0 done, 1 the work failed (or was stopped: a checkpoint is there), 2 the command line is wrong.",
    "With `--json` a command prints one JSON document on stdout and everything else on stderr; an error is `{ error: { name, message } }`.",
    "Shapes are stable: fields are added, never renamed. Colour follows the terminal, `NO_COLOR` and `FORCE_COLOR`.",
    "",
    commandReference(),
  ]);

const page = (title, lines) => [`# ${title}`, "", "<!-- Made by `pnpm pages`; don't edit. -->", "", ...lines, ""].join("\n");
