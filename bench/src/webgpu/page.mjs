// The page: contenders side by side, each on a device of its own of the one adapter.
import { sample } from "../contenders/sample.mjs";
import { countCalls, emptyGrids, snapshot } from "./counters.mjs";

/**
 * `begin` issues a run's work; once it has returned, or its promise has resolved, everything is submitted and the reading back is
 * asked for, and `result` waits for the device. `arrange` puts a result in our order. `countOps` runs once and counts our ops.
 * @typedef {{ result: Promise<Float32Array> }} Begun
 * @typedef {{
 *   begin: () => Begun | Promise<Begun>, arrange?: (data: Float32Array) => Float32Array, countOps?: () => Promise<number>,
 *   close: () => unknown,
 * }} Loaded
 */

// `work`: as it is; `count`: calls are counted; `issue`: nothing but dispatches of no workgroups
const mode = location.hash.slice(1);
if (mode === "count") countCalls();
if (mode !== "work") emptyGrids();

const CONTENDERS = {
  vertebra: () => import("./vertebra.mjs"),
  tfjs: () => import("./tfjs.mjs"),
  ort: () => import("./ort.mjs"),
};
/** @type {Map<string, Loaded>} */
const loaded = new Map();

const run = async ({ begin }) => (await begin()).result;

const requests = {
  async load(id, task) {
    const start = performance.now();
    const { load, name, version } = await CONTENDERS[id]();
    const contender = await load(task);
    loaded.set(id, contender);
    const first = await run(contender);
    const firstResultMs = performance.now() - start;
    const outputs = [first];
    while (outputs.length < (task.checkRuns ?? 1)) outputs.push(await run(contender));
    const arrange = contender.arrange ?? ((data) => data);
    return { name, version, firstResultMs, output: outputs.flatMap((output) => sample(arrange(output))) };
  },

  /** Not counted: caches belonged to the other contenders. */
  async warm(id, { warmup }) {
    const end = performance.now() + warmup;
    do await run(loaded.get(id));
    while (performance.now() < end);
    return {};
  },

  /** Milliseconds of each run: until it is issued, and until its result is there. */
  async measure(id, { milliseconds, leastRuns }) {
    const contender = loaded.get(id);
    const [issued, done] = [[], []];
    const end = performance.now() + milliseconds;
    while (done.length < leastRuns || performance.now() < end) {
      const before = performance.now();
      const begun = contender.begin();
      const { result } = begun instanceof Promise ? await begun : begun;
      issued.push(performance.now() - before);
      await result;
      done.push(performance.now() - before);
    }
    return { issued, done };
  },

  /** The counts of one run in the middle of many. */
  async count(id) {
    const contender = loaded.get(id);
    for (let i = 0; i < WARM_RUNS; i++) await run(contender);
    const before = snapshot();
    for (let i = 0; i < COUNTED_RUNS; i++) await run(contender);
    const after = snapshot();
    const counts = Object.fromEntries(
      Object.entries(after).map(([name, value]) => [name, (value - before[name]) / COUNTED_RUNS]),
    );
    return { counts, ops: await contender.countOps?.() };
  },

  async adapter() {
    const adapter = await navigator.gpu.requestAdapter();
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    return { vendor, architecture, device, description, isFallbackAdapter };
  },
};

const WARM_RUNS = 3;
const COUNTED_RUNS = 4;

globalThis.bench = async (name, ...args) => {
  try {
    return await requests[name](...args);
  } catch (error) {
    return { error: String(error?.message ?? error).slice(0, 300) };
  }
};
