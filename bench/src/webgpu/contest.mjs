import { ContenderProcess } from "../contender.mjs";
import { median, pause, relativeDifference, TOLERANCE } from "../measure.mjs";

/** Who takes part, by the name used on the command line. */
export const CONTENDERS = {
  vertebra: { isOurs: true },
  tfjs: {},
  ort: {},
};

/** Patience with a page that opens on a busy machine. */
const OPENING_MS = 120_000;

/** What is measured of one run: what it asks of the device, and its times. */
export class Contest {
  #browser;
  #site;
  #contenders;

  constructor({ browser, site, contenders }) {
    this.#browser = browser;
    this.#site = site;
    this.#contenders = contenders;
  }

  /** The adapter that all contenders get. */
  adapter() {
    return this.#onPage("work", (ask) => ask("adapter"));
  }

  /** Calls and bytes of one run, with grids of no workgroups: what is asked for doesn't depend on values. */
  async count(task) {
    return this.#onPage("count", async (ask) => {
      const rows = [];
      for (const contender of this.#contenders) {
        const loaded = await ask("load", contender, this.#addressed(task));
        const counted = loaded.error ? loaded : await ask("count", contender);
        rows.push({ contender, name: loaded.name, version: loaded.version, ...counted });
      }
      return rows;
    });
  }

  /**
   * What a run costs the page's thread: `processorMs`, all of it, and `issuedMs` on the clock until the work is submitted. Grids of
   * no workgroups leave the processor to JavaScript.
   */
  async issue(task, effort) {
    const rows = await this.#byTurns("issue", task, effort);
    return rows.map(({ contender, answer, rounds }) => {
      if (answer.error) return { contender, error: answer.error };
      const processor = rounds.map(({ processorMs }) => processorMs);
      return {
        contender,
        name: answer.name,
        processorMs: median(processor),
        leastProcessorMs: Math.min(...processor),
        mostProcessorMs: Math.max(...processor),
        issuedMs: median(rounds.flatMap(({ issued }) => issued)),
        runs: rounds.flatMap(({ issued }) => issued).length,
      };
    });
  }

  /** Milliseconds until a run's result is there; the outputs are compared. */
  async time(task, effort) {
    const reference = await referenceOf(task);
    const rows = await this.#byTurns("work", task, effort);
    return rows.map(({ contender, answer, rounds }) => {
      if (answer.error) return { contender, error: answer.error };
      const { name, version, firstResultMs, output } = answer;
      const difference = relativeDifference(output, reference);
      const agrees = difference <= TOLERANCE;
      return { contender, name, version, ...statistics(rounds.map(({ done }) => done)), difference, agrees, firstResultMs };
    });
  }

  /** Rounds that go through all contenders, in one page. */
  async #byTurns(mode, task, effort) {
    return this.#onPage(mode, async (ask, threadMs) => {
      const entrants = [];
      for (const contender of this.#contenders)
        entrants.push({ contender, answer: await ask("load", contender, this.#addressed(task)), rounds: [] });
      for (let round = 0; round < effort.rounds; round++) {
        for (const entrant of entrants.filter(({ answer }) => !answer.error)) {
          await pause();
          await ask("warm", entrant.contender, effort);
          const before = await threadMs();
          const times = await ask("measure", entrant.contender, effort);
          const used = (await threadMs()) - before;
          if (times.error) entrant.answer = times;
          else entrant.rounds.push({ ...times, processorMs: used / times.done.length });
        }
      }
      return entrants;
    });
  }

  /** A page of its own, so that no case inherits the memory and the compiled code of another. */
  async #onPage(mode, fn) {
    const page = await this.#browser.newPage();
    page.setDefaultTimeout(OPENING_MS);
    try {
      await page.goto(`${this.#site.origin}/page/index.html#${mode}`);
      await page.waitForFunction(() => globalThis.bench !== undefined);
      const ask = (...args) =>
        page.evaluate((given) => globalThis.bench(...given), args).catch((error) => ({ error: String(error).slice(0, 300) }));
      return await fn(ask, await threadClock(page));
    } finally {
      await page.close();
    }
  }

  #addressed = (task) => ({ ...task, folder: this.#site.addressOf(task.folder) });
}

/** Processor time that the page's main thread has used, in ms: that neither waiting nor other load on the machine counts in. */
async function threadClock(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
}

/** Median of all runs; the noise is the least and the most of the medians by round. */
function statistics(rounds) {
  const medians = rounds.map(median);
  const all = rounds.flat();
  return { medianMs: median(all), leastMs: Math.min(...medians), mostMs: Math.max(...medians), runs: all.length };
}

/** What the outputs are compared with: PyTorch's, where it is installed, else our CPU backend's. */
async function referenceOf(task) {
  for (const id of ["torch", "vertebra"]) {
    const process = new ContenderProcess(id, task.threads);
    const { output } = await process.ask({ do: "load", task });
    process.close();
    if (output) return output;
  }
  throw new Error(`bench: nobody could compute a reference for ${task.folder}`);
}
