// Measures Vertebra and its peers by turns and writes bench/results/. See README.md.
import { parseArgs } from "node:util";
import { CONTENDERS } from "./src/contender.mjs";
import { EFFORT } from "./src/measure.mjs";
import { describeMachine, machine, save } from "./src/report.mjs";

const SUITES = ["inference", "training", "kernels", "memory"];
const USAGE = `node bench/run.mjs ${SUITES.join("|")} [--quick] [--only TEXT] [--contenders ${Object.keys(CONTENDERS).join(",")}] [--threads 2]
--quick: few runs, nothing is saved. --only: cases whose name holds TEXT (resnet18/8, conv); nothing is saved.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    contenders: { type: "string", default: Object.keys(CONTENDERS).join() },
    threads: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
const [name] = positionals;
const contenders = values.contenders.split(",");
const isUsable = SUITES.includes(name) && positionals.length === 1 && contenders.every((id) => id in CONTENDERS);

if (values.help || !isUsable) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const threads = Number(values.threads);
const environment = machine(threads);
const suite = await import(`./src/suites/${name}.mjs`);
const log = (line) => console.error(`… ${line}`);
const { text, data } = await suite.run({
  contenders,
  effort: EFFORT[values.quick ? "quick" : "full"],
  threads,
  only: values.only,
  log,
});
const command = `node bench/run.mjs ${process.argv.slice(2).join(" ")}`;
const page = `# ${suite.title}\n\n\`${command}\`\n\n${describeMachine(environment)}\n\n${text}\n`;
console.log(page);
const isWhole = !values.quick && values.only === undefined && contenders.length === Object.keys(CONTENDERS).length;
if (isWhole) save(name, page, { command, machine: environment, ...data });
// Slow is for the reader to judge; wrong or broken is not.
const isBroken = ({ contender, error, agrees }) => CONTENDERS[contender].isOurs && (error !== undefined || !agrees);
if (data.cases?.some(({ rows }) => rows.some(isBroken))) process.exitCode = 1;
