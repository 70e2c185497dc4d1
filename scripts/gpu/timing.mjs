import { countsOf as countsOfCuda, timeOnGpu as timeOnCuda } from "@vertebra/backend-cuda";
import { countsOf as countsOfWebgpu, timeOnGpu as timeOnWebgpu } from "@vertebra/backend-webgpu";
import { observe, scope } from "@vertebra/core";

/**
 * A round is as many calls as take `roundMs`, so that waiting for the device at its end doesn't count. Clocks rise under load, and not at once: hence
 * the warm-up. Answers, each waited for, come on top. There are hundreds of rows, and a GPU is lent for minutes: a row takes about a second.
 */
const FULL = { roundMs: 30, rounds: 7, warmUpMs: 200, leastAnswers: 5, answersMs: 500 };
/** What imitates a GPU has no speed that says anything about one: each call once. */
const ONCE = { roundMs: 0, rounds: 1, warmUpMs: 0, leastAnswers: 1, answersMs: 0 };
const IMITATIONS = ["software", "test-driver"];
const plan = ({ features }) => (IMITATIONS.some((feature) => features.includes(feature)) ? ONCE : FULL);
/** Enough for a slow device, which gets one round at least. */
const MOST_MS = 15_000;

/**
 * Times calls of `run` one behind the other, waiting for the device once a round.
 * @returns median and fastest milliseconds a call, by the GPU's own clock too where it tells (`gpuMs`), and the host's part of it: microseconds of
 * JavaScript and launches an op
 */
export async function timeCalls(device, run) {
  const began = performance.now();
  const first = await timeRound(device, run, 1);
  const { roundMs, warmUpMs, rounds: wanted } = plan(device);
  let calls = 1;
  let ops = 0;
  // Of the second call: the first also makes what is made once, as folded weights.
  let round = await timeRound(device, () => observe(() => ops++, run), calls);
  while (performance.now() - began < warmUpMs || round.milliseconds < roundMs / 2) {
    calls = Math.max(1, Math.min(2 * calls, Math.ceil((calls * roundMs) / round.milliseconds)));
    round = await timeRound(device, run, calls);
  }
  const rounds = [round];
  while (rounds.length < wanted && performance.now() - began < MOST_MS) rounds.push(await timeRound(device, run, calls));
  const perCall = (value) => median(rounds.map(value)) / calls;
  return {
    ms: perCall(({ milliseconds }) => milliseconds),
    ...(first.gpuMs !== undefined && { gpuMs: perCall(({ gpuMs }) => gpuMs) }),
    fastestMs: Math.min(...rounds.map(({ milliseconds }) => milliseconds)) / calls,
    firstMs: first.milliseconds,
    calls: calls * rounds.length,
    ops,
    launches: perCall(({ launches }) => launches),
    ...(ops > 0 && { scriptMicrosPerOp: (1000 * perCall(({ scriptMs }) => scriptMs)) / ops }),
  };
}

async function timeRound(device, run, calls) {
  await device.sync();
  const before = launchesOf(device);
  const start = performance.now();
  let scriptMs = 0;
  const work = () => {
    for (let i = 0; i < calls; i++) {
      const own = scope();
      run();
      own.end();
    }
    scriptMs = performance.now() - start;
  };
  const gpuMs = await (timeOnCuda(device, work) ?? timeOnWebgpu(device, work) ?? workAndSync(device, work));
  return { milliseconds: performance.now() - start, gpuMs, scriptMs, launches: launchesOf(device) - before };
}

async function workAndSync(device, work) {
  work();
  await device.sync();
}

const launchesOf = (device) => (countsOfWebgpu(device) ?? countsOfCuda(device))?.launches ?? 0;

/** Median milliseconds of `run` with its result read back each time: what somebody waits who needs the answer. */
export async function timeAnswers(device, run) {
  const times = [];
  const began = performance.now();
  const { leastAnswers, answersMs } = plan(device);
  while (times.length < leastAnswers || (times.length < 50 && performance.now() - began < answersMs)) {
    const start = performance.now();
    const own = scope();
    const answer = run();
    await answer.data();
    own.end();
    times.push(performance.now() - start);
    if (performance.now() - began > MOST_MS) break;
  }
  return median(times.length > 2 ? times.slice(2) : times);
}

/** Bytes that tensors had at most during `run`, with those that were there before. */
export async function peakBytesOf(device, run) {
  await device.sync();
  device.resetPeak();
  const own = scope();
  run();
  own.end();
  await device.sync();
  return device.memory().peakBytes;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
