import { countsOf as countsOfCuda, timeOnGpu } from "@vertebra/backend-cuda";
import { countsOf as countsOfWebgpu } from "@vertebra/backend-webgpu";
import { observe, scope } from "@vertebra/core";

/** A round is as many calls as take this long, so that waiting for the device at its end doesn't count. */
const ROUND_MS = 50;
const ROUNDS = 9;
/** Clocks rise under load, and not at once. */
const WARM_UP_MS = 250;
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
  let calls = 1;
  let round = await timeRound(device, run, calls);
  while (performance.now() - began < WARM_UP_MS || round.milliseconds < ROUND_MS / 2) {
    calls = Math.max(1, Math.min(2 * calls, Math.ceil((calls * ROUND_MS) / round.milliseconds)));
    round = await timeRound(device, run, calls);
  }
  const rounds = [];
  while (rounds.length === 0 || (rounds.length < ROUNDS && performance.now() - began < MOST_MS))
    rounds.push(await timeRound(device, run, calls));
  const perCall = (value) => median(rounds.map(value)) / calls;
  const ops = countOps(run);
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
  const gpuMs = await (timeOnGpu(device, work) ?? workAndSync(device, work));
  return { milliseconds: performance.now() - start, gpuMs, scriptMs, launches: launchesOf(device) - before };
}

async function workAndSync(device, work) {
  work();
  await device.sync();
}

const launchesOf = (device) => (countsOfWebgpu(device) ?? countsOfCuda(device))?.launches ?? 0;

/** Median milliseconds of `run` with its result read back each time: what somebody waits who needs the answer. */
export async function timeAnswers(run) {
  const times = [];
  const began = performance.now();
  while (times.length < 5 || (times.length < 50 && performance.now() - began < 2000)) {
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

function countOps(run) {
  let count = 0;
  const own = scope();
  observe(() => count++, run);
  own.end();
  return count;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
