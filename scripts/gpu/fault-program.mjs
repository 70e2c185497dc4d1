// A process of its own for steps/faults.mjs: `node fault-program.mjs TASK BACKEND` prints the record of a fault as a line of JSON.
import { add, crossEntropy, OutOfMemoryError, seedInit, sgd, tensor, valueAndGrad, zeros } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { device as openDevice } from "vertebra";

const MIB = 1 << 20;
/** More than any card has, in elements of 4 bytes that a shape may have. */
const FAR_TOO_MANY = 2 ** 44;
/** Filling stops at pieces of this size. */
const SMALLEST = 4 * MIB;
/** Enough for a step on 8 images, not for one on 2048. */
const ROOM = 32 * MIB;
const [task, backend] = process.argv.slice(2);
const device = await openDevice(backend);

const TASKS = {
  /** A tensor that no card has room for is refused, and the next one isn't. */
  async tooLarge() {
    const message = refusal(() => zeros([FAR_TOO_MANY], { device }));
    return { ok: message !== undefined && (await isRight()), message: message ?? "it was not refused", brief: message };
  },

  /** Memory is taken until there is none; what is released then is there again. */
  async fullDevice() {
    const fillers = fill();
    const { bytesInUse } = device.memory();
    for (const filler of fillers) filler.dispose();
    device.empty();
    const isEmpty = device.memory().bytesInUse === 0;
    const second = fill();
    const again = device.memory().bytesInUse;
    for (const filler of second) filler.dispose();
    const gib = bytesInUse / 2 ** 30;
    const ok = isEmpty && again >= 0.9 * bytesInUse && (await isRight());
    return { ok, gib, againGib: again / 2 ** 30, brief: `${gib.toFixed(2)} GiB taken, and again` };
  },

  /** A step whose batch doesn't fit fails whole; one that does has the loss that it would have had. */
  async smallerBatch() {
    const losses = async (batches) => {
      seedInit(1);
      const model = createModel("lenet5", { device });
      const optimizer = sgd(model, { lr: 0.1, momentum: 0.9 });
      const all = [];
      for (const batch of batches) all.push(await stepOf(model, optimizer, batch));
      optimizer.dispose();
      model.dispose();
      return all;
    };
    const [first, second] = await losses([8, 8]);
    device.empty();
    const room = zeros([ROOM / 4], { device });
    const fillers = fill();
    room.dispose();
    const told = await losses([8, 2048, 8]);
    for (const filler of fillers) filler.dispose();
    const expected = [first, "no memory", second];
    const ok = `${told}` === `${expected}`;
    return { ok, ...(!ok && { error: `losses are ${told}, expected ${expected}` }), losses: told, brief: `${told}` };
  },

  /** Work for as long as another process does the same. */
  async sums() {
    const elements = 1 << 16;
    for (let round = 1; round <= 50; round++) {
      const x = tensor(new Float32Array(elements).fill(round), { device });
      const y = add(x, x);
      const values = await y.data();
      for (const used of [x, y]) used.dispose();
      const wrong = values.findIndex((value) => value !== 2 * round);
      if (wrong >= 0) return { ok: false, error: `round ${round}: ${values[wrong]} at ${wrong}, expected ${2 * round}` };
    }
    return { ok: true, brief: "50 rounds in each" };
  },
};

/** The words of an OutOfMemoryError, or of another error of ours that comes before it; undefined where there is none. */
function refusal(fn) {
  try {
    fn().dispose();
    return undefined;
  } catch (error) {
    return error.message;
  }
}

async function isRight() {
  const [x, y] = [tensor([1, 2], { device }), tensor([3, 4], { device })];
  return `${[...(await add(x, y).data())]}` === "4,6";
}

/** Tensors until there is no room: large ones, then smaller ones. */
function fill() {
  const fillers = [];
  for (let bytes = 2 ** 34; bytes >= SMALLEST; ) {
    try {
      fillers.push(zeros([bytes / 4], { device }));
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      bytes /= 2;
    }
  }
  return fillers;
}

async function stepOf(model, optimizer, batch) {
  const used = [];
  try {
    const images = zeros([batch, 1, 32, 32], { device });
    used.push(images);
    const labels = tensor(
      Int32Array.from({ length: batch }, (_, i) => i % 10),
      { dtype: "i32", device },
    );
    used.push(labels);
    const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(images), labels));
    used.push(value, grads);
    optimizer.step(grads);
    return await value.item();
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    return "no memory";
  } finally {
    for (const each of used) each.dispose();
  }
}

const record = await TASKS[task]();
console.log(JSON.stringify(record));
process.exit(0);
