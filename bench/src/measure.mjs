import { CONTENDERS, ContenderProcess } from "./contender.mjs";

/** Time given to each contender in one round, and how many rounds. */
export const EFFORT = {
  full: { rounds: 5, milliseconds: 1500, warmup: 100, leastRuns: 2 },
  quick: { rounds: 3, milliseconds: 200, warmup: 20, leastRuns: 1 },
};

/** Outputs may differ by this much of the largest value: sums of some thousand f32 terms in another order. */
export const TOLERANCE = 1e-3;

/** Long enough for the others' threads to stop spinning. */
const PAUSE_MS = 150;

/**
 * @typedef {{
 *   contender: string, name: string, version: string, medianMs: number, fastestMs: number, leastMs: number,
 *   mostMs: number, runs: number, processorMs: number,
 *   difference: number, agrees: boolean, firstResultMs: number, peakRssBytes: number,
 * } | { contender: string, error: string }} Row
 */

/**
 * Runs `task` in every contender by turns and gives the median of each. The noise is the least and the most of the medians by round.
 * @param {import("./contenders/serve.mjs").Task} task
 * @param {readonly string[]} contenders
 * @returns {Promise<Row[]>}
 */
export async function measure(task, contenders, effort) {
  const entrants = [];
  try {
    for (const id of contenders) entrants.push(await enter(id, task));
    const running = entrants.filter(({ answer }) => !answer.error);
    for (let round = 0; round < effort.rounds; round++) {
      for (const entrant of running) {
        await pause();
        const { times, processorMs, error } = await entrant.process.ask({ do: "measure", ...effort });
        if (error) entrant.answer = { error };
        else entrant.rounds.push({ times, processorMs });
      }
    }
    for (const entrant of running) entrant.memory = await entrant.process.ask({ do: "memory" });
  } finally {
    for (const { process } of entrants) process.close();
  }
  const reference =
    entrants.find(({ id, answer }) => id === "torch" && answer.output) ?? entrants.find(({ answer }) => answer.output);
  return entrants.map((entrant) => toRow(entrant, reference));
}

async function enter(id, task) {
  const start = performance.now();
  const process = new ContenderProcess(id, task.threads);
  const answer = await process.ask({ do: "load", task });
  return { id, process, answer, rounds: [], firstResultMs: performance.now() - start };
}

function toRow({ id, answer, rounds, firstResultMs, memory }, reference) {
  if (answer.error) return { contender: id, error: answer.error };
  const medians = rounds.map(({ times }) => median(times));
  const all = rounds.flatMap(({ times }) => times);
  const difference = relativeDifference(answer.output, reference.answer.output);
  return {
    contender: id,
    name: answer.name,
    version: answer.version,
    medianMs: median(all),
    fastestMs: all.reduce((least, time) => Math.min(least, time)),
    leastMs: Math.min(...medians),
    mostMs: Math.max(...medians),
    runs: all.length,
    processorMs: rounds.reduce((sum, round) => sum + round.processorMs, 0) / all.length,
    difference,
    agrees: difference <= TOLERANCE,
    firstResultMs,
    peakRssBytes: memory?.peakRssBytes,
  };
}

/** max |a − b| / max |b| */
export function relativeDifference(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const most = a.reduce(
    (sofar, value, i) => Math.max(sofar, Number.isFinite(value) ? Math.abs(value - b[i]) : Number.POSITIVE_INFINITY),
    0,
  );
  return most / scale;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How much longer ours takes than the fastest of the peers whose output is right; undefined without such a peer. */
export function ratioToFastest(rows, isPeer) {
  const ours = rows.find(({ contender }) => CONTENDERS[contender].isOurs);
  const peers = rows.filter(({ contender, agrees }) => !CONTENDERS[contender].isOurs && agrees && isPeer(CONTENDERS[contender]));
  if (!ours?.medianMs || peers.length === 0) return undefined;
  return ours.medianMs / Math.min(...peers.map(({ medianMs }) => medianMs));
}

export const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
