import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cuda } from "@vertebra/backend-cuda";
import { findMnistFolder, MNIST_MEAN, MNIST_STD, shuffledOrder } from "@vertebra/data";
import { device as openDevice } from "vertebra";
import { GOAL, secondsTo } from "../accuracy-goal.mjs";
import { shown } from "../format.mjs";
import { mnist, OPTIMIZER, ratesOf, shuffle, startModel, trainOnMnist } from "../mnist-training.mjs";
import { torchPeer } from "../torch-peer.mjs";

/** Below it something is wrong; whether the goal was reached, the page says. */
const FLOOR = 0.985;

const LENET = { model: "lenet5", batch: 64, lr: 0.03, padding: 2, epochs: 10 };
const RESNET = { model: "resnet18", side: 64, batch: 128, lr: 0.05, padding: 0, epochs: 3 };
const RUNS = {
  cuda: [
    { ...LENET, precision: "f32" },
    { ...RESNET, precision: "bf16" },
    { ...RESNET, precision: "tf32" },
  ],
  webgpu: [
    { ...LENET, precision: "f32" },
    { ...RESNET, precision: "f32" },
  ],
};
/** To see that all of it runs: of the data, and of a run. */
const SMALL = { limit: 32, testLimit: 16 };
const smaller = (run) => ({ ...run, batch: 8, epochs: 1, ...(run.side && { side: 32 }) });

const keyOf = ({ model, side, precision }) => `${model}${side ? ` at ${side}²` : ""} ${precision}`;

/** Training from first weights to an accuracy; PyTorch does the same behind it, from the same weights and with the same order of images. */
export async function run(recorder, { backend, isSoftware }) {
  const runs = RUNS[backend].map(isSoftware ? smaller : (row) => row).map((row) => ({ ...row, key: keyOf(row) }));
  const [train, test] = [await mnist("train"), await mnist("test")];
  const data = { train, test, ...(isSoftware && SMALL) };
  for (const row of runs) {
    if (!recorder.isOpen(row.key)) continue;
    const device = backend === "cuda" ? await cuda({ tf32: row.precision === "tf32" }).open() : await openDevice(backend);
    await recorder.record(row.key, () => trained(device, row, { data, recorder, isSoftware }));
    await device.close();
  }
  if (backend === "cuda") await peer(recorder, runs, { data, isSoftware });
}

async function trained(device, row, { data, recorder, isSoftware }) {
  const result = await trainOnMnist(device, row, { ...data, hasTime: () => recorder.secondsLeft > 0 });
  if (!result) return { isCut: true };
  const { accuracy } = result.epochs.at(-1);
  const seconds = secondsTo(result.epochs, GOAL);
  return {
    ok: isSoftware ? Number.isFinite(result.firstLoss) : accuracy >= FLOOR,
    ...result,
    ...(isSoftware && { images: SMALL.limit }),
    batch: row.batch,
    brief: `${(100 * accuracy).toFixed(2)} % after ${row.epochs}, ${100 * GOAL} % in ${shown(seconds)} s`,
  };
}

/** The peer gets first weights, order and rates as files. */
async function peer(recorder, runs, { data, isSoftware }) {
  const folders = [];
  try {
    const rows = [];
    for (const row of runs) {
      const folder = mkdtempSync(join(tmpdir(), "vertebra-mnist-"));
      folders.push(folder);
      rows.push(await peerRow(row, folder, data));
    }
    await torchPeer(recorder, rows, { isSoftware });
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

async function peerRow(row, folder, { train, limit, testLimit }) {
  const samples = Math.min(limit ?? train.length, train.length);
  const orders = Array.from({ length: row.epochs }, (_, epoch) => shuffledOrder(samples, shuffle(epoch)));
  writeFileSync(join(folder, "orders.bin"), Buffer.concat(orders.map(({ buffer }) => Buffer.from(buffer))));
  const host = await openDevice("cpu");
  const model = startModel(host, row);
  const parts = [];
  for (const [, parameter] of model.namedParameters()) parts.push(Buffer.from(await parameter.bytes()));
  writeFileSync(join(folder, "weights.bin"), Buffer.concat(parts));
  const weights = model.namedParameters().map(([name, { shape }]) => [name, shape]);
  await host.close();
  return {
    ...row,
    ...OPTIMIZER,
    kind: "mnist",
    data: findMnistFolder(import.meta.resolve("vertebra")),
    folder,
    weights,
    rates: ratesOf(row, samples),
    mean: MNIST_MEAN[0],
    std: MNIST_STD[0],
    testLimit: testLimit ?? null,
    side: row.side ?? null,
  };
}
