import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { CONTENDERS } from "./contender.mjs";
import { ratioToFastest } from "./measure.mjs";

/**
 * @typedef {{ title: string, work?: number, rows: import("./measure.mjs").Row[] }} Case `work`: floating-point operations of a run
 */

/** What a reader needs to judge the numbers; no names of hosts or paths. */
export function machine(threads) {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores`,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    threads,
    loadBefore: Number(loadavg()[0].toFixed(2)),
  };
}

export const describeMachine = ({ date, processor, memoryGib, node, platform, threads, loadBefore }) =>
  `${date} · ${processor}, ${memoryGib} GiB, ${platform} · Node ${node} · ${threads} threads · load before the run ${loadBefore}` +
  (loadBefore > 0.5 ? " (**not quiet**: read ratios, not times)" : "");

/**
 * A row per contender, a column per case: median ms (or GFLOP/s where cases say their work), then ours against the peers.
 * @param {readonly Case[]} cases
 */
export function casesTable(cases) {
  const unit = cases.some(({ work }) => work) ? "GFLOP/s" : "median ms";
  const contenders = [...new Set(cases.flatMap(({ rows }) => rows.map(({ contender }) => contender)))];
  const nameOf = (id) => cases.flatMap(({ rows }) => rows).find(({ contender, name }) => contender === id && name);
  const lines = contenders.map((id) => {
    const known = nameOf(id);
    return [known ? `${known.name} ${known.version}` : id, ...cases.map((each) => cell(each, id))];
  });
  const ratios = [
    ["time ÷ fastest WebAssembly peer", (peer) => peer.isWasm],
    ["time ÷ fastest peer", () => true],
  ].map(([title, isPeer]) => [title, ...cases.map(({ rows }) => ratioToFastest(rows, isPeer)?.toFixed(2) ?? "–")]);
  return markdown([unit, ...cases.map(({ title }) => title)], [...lines, ...ratios]);
}

/** Noise, agreement and start of each row. Processor time, of all threads and with their spinning, is what other load disturbs least. */
export function detailsTable(cases) {
  const head = [
    "case",
    "contender",
    "median ms",
    "min – max of rounds",
    "fastest",
    "processor ms",
    "runs",
    "difference",
    "first result s",
    "peak RSS MiB",
  ];
  const lines = cases.flatMap(({ title, rows }) =>
    rows.map((row) =>
      row.error
        ? [title, row.contender, `failed: ${row.error}`, "", "", "", "", ""]
        : [
            title,
            row.name,
            digits(row.medianMs),
            `${digits(row.leastMs)} – ${digits(row.mostMs)}`,
            digits(row.fastestMs),
            digits(row.processorMs),
            row.runs,
            `${row.difference.toExponential(1)}${row.agrees ? "" : " **differs**"}`,
            (row.firstResultMs / 1000).toFixed(2),
            Math.round((row.peakRssBytes ?? 0) / 2 ** 20),
          ],
    ),
  );
  return markdown(head, lines);
}

/** Writes `results/<suite>.json` and `.md`. */
export function save(suite, text, data) {
  const folder = new URL("../results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${suite}.md`, folder), text);
  writeFileSync(new URL(`${suite}.json`, folder), `${JSON.stringify(data, null, 1)}\n`);
  return fileURLToPath(new URL(`${suite}.md`, folder));
}

export const markdown = (head, lines) =>
  [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Three significant digits. */
export const digits = (value) => (value >= 100 ? Math.round(value).toString() : value.toPrecision(3));

function cell({ rows, work }, id) {
  const row = rows.find(({ contender }) => contender === id);
  if (!row) return "–";
  if (row.error) return "can't";
  const value = work ? digits(work / row.medianMs / 1e6) : digits(row.medianMs);
  const bold = CONTENDERS[id].isOurs ? "**" : "";
  return `${bold}${value}${bold}${row.agrees ? "" : " (differs)"}`;
}
