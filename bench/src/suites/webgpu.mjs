import { inferenceTask, kernelTask, MODELS, trainingTask } from "../tasks.mjs";
import { launchChromium } from "../webgpu/chromium.mjs";
import { CONTENDERS, Contest } from "../webgpu/contest.mjs";
import { describe } from "../webgpu/report.mjs";
import { openSite } from "../webgpu/site.mjs";
import { KERNELS } from "./kernels.mjs";

export { CONTENDERS };

/** Side of the ResNets' images where a processor plays the GPU; what is counted is counted at their usual size. */
const SOFTWARE_SIDE = 64;

const inference = (model) => ({
  name: model,
  title: MODELS[model].title,
  task: (threads) => inferenceTask(model, 1, threads),
});
const resnet = (model) => ({
  ...inference(model),
  small: {
    title: `${MODELS[model].title} ${SOFTWARE_SIDE}²`,
    task: (threads) => inferenceTask(model, 1, threads, { side: SOFTWARE_SIDE }),
  },
});
const kernel = ([title, graph]) => ({
  title,
  task: async (threads) => kernelTask(title.replace(/[^a-z0-9]+/g, "-"), graph, threads),
});

const CASES = [
  { name: "lenet5-step", title: "LeNet-5 step, batch 64", task: (threads) => trainingTask("lenet5", 64, threads) },
  inference("lenet5"),
  resnet("resnet18"),
  resnet("resnet50"),
  kernel(["matmul 512³", { shape: [512, 512], weight: [512, 512], node: { op: "matmul" } }]),
  ...Object.entries(KERNELS)
    .filter(([title]) => !title.startsWith("matmul"))
    .map(kernel),
];

export const title = "WebGPU: what a run asks of the device, and what it costs in JavaScript";

export async function run({ contenders, effort, threads, only, log, isOnGpu }) {
  const site = await openSite();
  const browser = await launchChromium({ isOnGpu });
  try {
    const contest = new Contest({ browser, site, contenders });
    const adapter = await contest.adapter();
    const cases = [];
    for (const each of CASES) {
      if (only && ![each.name, each.title].some((known) => known?.includes(only))) continue;
      cases.push(await measureCase(contest, each, { adapter, effort, threads, log }));
    }
    const data = { chromium: browser.version(), adapter, cases };
    return { text: describe(data), data };
  } finally {
    await browser.close();
    site.close();
  }
}

/** `counts` and `issue` of the case, `rows`: its times. */
async function measureCase(contest, { title, task, small }, { adapter, effort, threads, log }) {
  log(title);
  const whole = await task(threads);
  const counts = await contest.count(whole);
  const issue = await contest.issue(whole, effort);
  const isSoftware = adapter.isFallbackAdapter;
  const timed = isSoftware && small ? small : { title, task };
  // A run takes seconds there.
  const rounds = isSoftware ? { ...effort, rounds: Math.ceil(effort.rounds / 2), leastRuns: 1 } : effort;
  const rows = await contest.time(await timed.task(threads), rounds);
  return { title, timedTitle: timed.title, counts, issue, rows };
}
