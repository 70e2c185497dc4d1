// Measures Vertebra and its peers by turns and writes bench/results/. See README.md.
import { parseArgs } from "node:util";
import { CONTENDERS as PROCESSES } from "./src/contender.mjs";
import { EFFORT } from "./src/measure.mjs";
import { describeMachine, machine, save } from "./src/report.mjs";

const SUITES = ["inference", "training", "kernels", "memory", "webgpu"];
const USAGE = `node bench/run.mjs ${SUITES.join("|")} [--quick] [--only TEXT] [--contenders ${Object.keys(PROCESSES).join(",")}] [--threads 2] [--gpu]
--quick: few runs, nothing is saved. --only: cases whose name holds TEXT (resnet18/8, conv); nothing is saved.
webgpu: contenders vertebra,tfjs,ort in headless Chromium, on its software adapter; --gpu: on the machine's GPU.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    contenders: { type: "string" },
    threads: { type: "string", default: "2" },
    gpu: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [name] = positionals;
const suite = SUITES.includes(name) && positionals.length === 1 ? await import(`./src/suites/${name}.mjs`) : undefined;
const known = suite?.CONTENDERS ?? PROCESSES;
const contenders = values.contenders?.split(",") ?? Object.keys(known);
const isUsable = suite !== undefined && contenders.every((id) => id in known) && (name === "webgpu" || !values.gpu);

if (values.help || !isUsable) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const threads = Number(values.threads);
const environment = machine(threads);
const log = (line) => console.error(`… ${line}`);
const { text, data } = await suite.run({
  contenders,
  effort: EFFORT[values.quick ? "quick" : "full"],
  threads,
  only: values.only,
  isOnGpu: values.gpu,
  log,
});
const command = `node bench/run.mjs ${process.argv.slice(2).join(" ")}`;
const page = `# ${suite.title}\n\n\`${command}\`\n\n${describeMachine(environment)}\n\n${text}\n`;
console.log(page);
const isWhole = !values.quick && values.only === undefined && contenders.length === Object.keys(known).length;
if (isWhole) save(values.gpu ? `${name}-gpu` : name, page, { command, machine: environment, ...data });
// Slow is for the reader to judge; wrong or broken is not.
const isBroken = ({ contender, error, agrees }) => known[contender].isOurs && (error !== undefined || !agrees);
if (data.cases?.some(({ rows }) => rows.some(isBroken))) process.exitCode = 1;
