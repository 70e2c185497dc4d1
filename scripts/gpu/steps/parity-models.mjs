import { availableParallelism, totalmem } from "node:os";
import { listModels } from "@vertebra/models";
import { costOf } from "../model-cost.mjs";
import { vertebra } from "../vertebra.mjs";

/** One of each family, quick ones: done before all others. */
const FIRST = ["lenet5", "resnet18", "resnet20_cifar", "efficientnet_b0", "densenet121", "inception_v2", "googlenet", "vgg11_bn"];
const THREADS = 2;
const DEVICES = { webgpu: "cpu,webgpu", cuda: "cuda" };
/** What the f64 reference and its copies of a large model take. */
const GIB_PER_MODEL = 4;

/** Where a processor plays the GPU. */
const SAMPLE = FIRST.slice(0, 3);

/** Each by `vertebra parity --models NAME`, several at a time: nearly all of it is the reference, which has one thread. */
export async function run(recorder, { backend, isSoftware }) {
  const all = [
    ...FIRST,
    ...listModels()
      .filter((name) => !FIRST.includes(name))
      .sort((a, b) => costOf(a) - costOf(b)),
  ];
  const queue = (isSoftware ? SAMPLE : all).filter((name) => recorder.isOpen(name));
  const atOnce = Math.max(1, Math.min(8, availableParallelism() / THREADS, totalmem() / 2 ** 30 / GIB_PER_MODEL - 1));
  /** Seconds per cost: that of the slowest so far. */
  let rate = 0;
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const start = Date.now();
      await recorder.record(name, () => compare(name, DEVICES[backend], recorder.secondsLeft), rate * costOf(name));
      if (!recorder.isOpen(name)) rate = Math.max(rate, (Date.now() - start) / 1000 / costOf(name));
    }
  };
  await Promise.all(Array.from({ length: Math.floor(atOnce) }, worker));
}

async function compare(name, devices, seconds) {
  const args = ["parity", "--devices", devices, "--models", name, "--threads", `${THREADS}`, "--json"];
  const report = await vertebra(args, { seconds });
  if (!report) return { isCut: true };
  const { passed, failed, worst, failures } = report;
  return {
    ok: failed === 0,
    passed,
    failed,
    worst: worst.map(({ device, op, case: title, fraction }) => ({ device, model: op, case: title, fraction })),
    ...(failed > 0 && { failures: failures.slice(0, 10).map(({ message }) => message) }),
    brief: failed > 0 ? failures[0].message : `${passed} passed`,
  };
}
