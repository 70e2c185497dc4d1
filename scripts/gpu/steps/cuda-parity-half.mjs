import { availableParallelism } from "node:os";
import { DTYPES } from "@vertebra/core";
import { listModels } from "@vertebra/models";
import { device as openDevice } from "vertebra";
import { areFinite, distancesOf, halfRun, MOST_TIMES } from "../half-models.mjs";
import { costOf } from "../model-cost.mjs";

const HALVES = ["bf16", "f16"];

/** Every backbone in 16 bits, forward and a training step: as far from the cpu's in 16 bits as that is from f32, small models first. */
export async function run(recorder, { isSoftware }) {
  const [host, device] = [await openDevice("cpu", { threads: Math.min(8, availableParallelism()) }), await openDevice("cuda")];
  const names = listModels().sort((a, b) => costOf(a) - costOf(b));
  for (const name of isSoftware ? names.slice(0, 3) : names) {
    for (const dtype of HALVES) await recorder.record(`${name} ${dtype}`, () => compare(host, device, { name, dtype }));
    // What is idle of one model isn't of the next one's sizes.
    device.empty();
  }
  await Promise.all([host.close(), device.close()]);
}

async function compare(host, device, { name, dtype }) {
  const exact = await halfRun(host, name);
  const expected = await halfRun(host, name, dtype);
  if (!areFinite(expected)) return { skipped: `the cpu too leaves the range of ${dtype}` };
  const parts = distancesOf({ exact, expected, actual: await halfRun(device, name, dtype) }, DTYPES[dtype].eps);
  const worst = Math.max(...parts.map(({ fraction }) => fraction));
  // NaN is no distance.
  const ok = worst <= 1;
  return { ok, worst, parts, brief: `${worst.toFixed(2)} of what is allowed, ${MOST_TIMES} times 16 bits' own distance` };
}
