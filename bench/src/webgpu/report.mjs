import { digits, markdown } from "../report.mjs";
import { CONTENDERS } from "./contest.mjs";

/**
 * What is shown of every case: one table each, a row per contender, then ours divided by each peer's.
 * `of` gives the value of a contender's row; `part` says where in a case the rows are.
 */
const MEASURES = [
  { title: "dispatches", part: "counts", of: ({ counts }) => counts.dispatches },
  { title: "submits", part: "counts", of: ({ counts }) => counts.submits },
  { title: "uploaded KiB", part: "counts", of: ({ counts }) => counts.uploadedBytes / 2 ** 10 },
  { title: "read back KiB", part: "counts", of: ({ counts }) => counts.readBytes / 2 ** 10 },
  { title: "bound MiB", part: "counts", of: ({ counts }) => counts.boundBytes / 2 ** 20 },
  { title: "JavaScript µs", part: "issue", of: ({ processorMs }) => processorMs * 1000, more: perOp },
  { title: "median ms", part: "rows", of: ({ medianMs }) => medianMs },
];

const NOTES = `A run is one inference or one training step, host array in, host array out. **Counts** are of what passes WebGPU's
prototypes, in the middle of many runs. *Uploaded*: \`writeBuffer\` and copies out of staging, uniform structs included; *read back*: copies
into what the host maps; *bound*: the storage buffers of every dispatch, as large as they are bound, so an upper limit of its traffic with
what a pool rounds up. **JavaScript** is the processor time of the page's main thread, with grids of no workgroups: encoding, submitting,
garbage collection, not the device and no waiting.`;

/** @param {{ chromium: string, adapter: Record<string, unknown>, cases: readonly object[] }} data */
export function describe({ chromium, adapter, cases }) {
  const { vendor, architecture, description, isFallbackAdapter } = adapter;
  const name = [vendor, architecture, description].filter(Boolean).join(" ");
  const software = " (a processor plays the GPU: **counts and JavaScript mean something, times nothing for a GPU**)";
  return [
    `Chromium ${chromium}, headless · adapter ${name}${isFallbackAdapter ? software : ""}`,
    NOTES,
    ...MEASURES.map((measure) => table(cases, measure)),
    details(cases),
    times(cases),
  ].join("\n\n");
}

function table(cases, { title, part, of, more }) {
  const contenders = [...new Set(cases.flatMap(({ counts }) => counts.map(({ contender }) => contender)))];
  const ours = contenders.find((id) => CONTENDERS[id].isOurs);
  const peers = contenders.filter((id) => id !== ours);
  const rowOf = (each, id) => each[part].find(({ contender }) => contender === id);
  const cell = (each, id) => {
    const row = rowOf(each, id);
    if (row.error) return "can't";
    const value = short(of(row));
    return `${id === ours ? `**${value}**` : value}${row.agrees === false ? " (differs)" : ""}`;
  };
  const ratio = (each, id) => {
    const [own, peer] = [rowOf(each, ours), rowOf(each, id)];
    return own.error || peer.error || peer.agrees === false ? "–" : (of(own) / of(peer)).toFixed(2);
  };
  const nameOf = (id) => nameIn(cases, id);
  const lines = [
    ...contenders.map((id) => [nameOf(id), ...cases.map((each) => cell(each, id))]),
    ...(ours ? peers.map((id) => [`ours ÷ ${nameOf(id).split(" ")[0]}`, ...cases.map((each) => ratio(each, id))]) : []),
    ...(ours && more ? more(cases, ours) : []),
  ];
  return markdown([title, ...cases.map((each) => (part === "rows" ? each.timedTitle : each.title))], lines);
}

/**
 * Ours by op, as core's observer sees them: all that a run costs, the copies of its input and output and the submit too, and what an op
 * more costs, by two cases of the same input and output. A single op's time is that of the copies.
 */
function perOp(cases, ours) {
  const opsOf = ({ counts }) => {
    const { ops } = counts.find(({ contender }) => contender === ours);
    return ops > 1 ? ops : undefined;
  };
  const timeOf = ({ issue }) => issue.find(({ contender }) => contender === ours).processorMs * 1000;
  const less = cases.find(({ title }) => title === "ResNet-18");
  const more = cases.find(({ title }) => title === "ResNet-50");
  const opMore = less && more && (timeOf(more) - timeOf(less)) / (opsOf(more) - opsOf(less));
  return [
    ["our ops", ...cases.map((each) => opsOf(each) ?? "–")],
    ["ours, µs an op", ...cases.map((each) => (opsOf(each) ? digits(timeOf(each) / opsOf(each)) : "–"))],
    ["ours, µs for each op more than ResNet-18", ...cases.map((each) => (opMore && each === more ? digits(opMore) : "–"))],
  ];
}

/** What else was counted, and the noise of the JavaScript's times. */
function details(cases) {
  const head = [
    "case",
    "contender",
    "JavaScript µs",
    "min – max of rounds",
    "µs on the clock until submitted",
    "runs",
    "passes",
    "new bind groups",
    "mapped KiB",
    "copied on the device KiB",
  ];
  const micros = (milliseconds) => digits(milliseconds * 1000);
  const lines = cases.flatMap(({ title, counts, issue }) =>
    issue.map((row, i) => {
      const { name, contender, error, counts: counted } = counts[i];
      const failed = error ?? row.error;
      if (failed) return [title, name ?? contender, `failed: ${failed}`];
      return [
        title,
        name,
        micros(row.processorMs),
        `${micros(row.leastProcessorMs)} – ${micros(row.mostProcessorMs)}`,
        micros(row.issuedMs),
        row.runs,
        counted.passes,
        counted.bindGroups,
        short(counted.mappedBytes / 2 ** 10),
        short(counted.copiedBytes / 2 ** 10),
      ];
    }),
  );
  return markdown(head, lines.map(padded(head.length)));
}

function times(cases) {
  const head = ["case", "contender", "median ms", "min – max of rounds", "runs", "difference", "first result s"];
  const lines = cases.flatMap(({ timedTitle, rows }) =>
    rows.map((row) =>
      row.error
        ? [timedTitle, nameIn(cases, row.contender), `failed: ${row.error}`]
        : [
            timedTitle,
            row.name,
            digits(row.medianMs),
            `${digits(row.leastMs)} – ${digits(row.mostMs)}`,
            row.runs,
            `${row.difference.toExponential(1)}${row.agrees ? "" : " **differs**"}`,
            (row.firstResultMs / 1000).toFixed(2),
          ],
    ),
  );
  return markdown(head, lines.map(padded(head.length)));
}

function nameIn(cases, id) {
  const known = cases.flatMap(({ rows }) => rows).find(({ contender, name }) => contender === id && name);
  return known ? `${known.name} ${known.version}` : id;
}

const padded = (length) => (cells) => Array.from({ length }, (_, i) => cells[i] ?? "");

/** Whole numbers as they are, others with three digits. */
const short = (value) => (Number.isInteger(value) ? `${value}` : digits(value));
