import { INFERENCE, OPS, STEPS } from "./bench-cases.mjs";
import { shown } from "./format.mjs";
import { countOf } from "./step-file.mjs";

/** @typedef {import("./step-file.mjs").StepFile} StepFile */

/**
 * All steps in one document; its name is that of the GPU.
 * @param {readonly StepFile[]} files
 */
export function merge(files, { command, facts }) {
  const steps = Object.fromEntries(
    files.map((file) => [
      file.step,
      {
        state: file.state,
        ...(file.error && { error: file.error }),
        seconds: Math.round(file.seconds),
        ...countOf(file),
        records: withoutBriefs(file.records),
      },
    ]),
  );
  const gpu = gpuOf(steps);
  return { name: `${slug(gpu)}-webgpu`, gpu, command, bundle: facts, steps };
}

/** What the GPU calls itself: as nvidia-smi says it, else as the adapter does. */
function gpuOf({ devices }) {
  const records = devices?.records ?? {};
  const adapter = records.devices?.devices?.find(({ name }) => name === "webgpu");
  const isSoftware = adapter?.features.includes("software");
  const { device } = records.limits?.info ?? {};
  return (isSoftware ? undefined : (records["nvidia-smi"]?.gpus?.[0].name ?? device)) ?? adapter?.adapter ?? "unknown GPU";
}

export const slug = (text) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const withoutBriefs = (records) =>
  Object.fromEntries(Object.entries(records).map(([key, { brief, ...record }]) => [key, record]));

/** For people: a part for each step that there is. */
export function page(merged) {
  const { gpu, command, steps, bundle } = merged;
  const parts = Object.entries(PARTS).flatMap(([name, part]) =>
    steps[name]
      ? [[`## ${part.title}`, stateLine(steps[name]), ...part.body(steps[name].records), failures(steps[name].records)]]
      : [],
  );
  const head = [`# WebGPU on ${gpu}`, `\`${command}\``, describe(steps.devices?.records ?? {}, bundle)];
  return `${[...head, ...parts.flat()].filter((text) => text !== "").join("\n\n")}\n`;
}

function describe({ machine, "nvidia-smi": smi }, { hash, commit }) {
  if (!machine) return "";
  const { date, processor, memoryGib, node, dawn, vulkan } = machine;
  const driver = smi?.gpus ? `driver ${smi.gpus[0].driver_version}` : vulkan.driver;
  return [
    date,
    `${processor}, ${memoryGib} GiB`,
    `Node ${node}`,
    `Dawn of webgpu ${dawn}`,
    driver,
    `commit ${commit}`,
    `bundle ${hash.slice(0, 12)}`,
  ].join(" · ");
}

const stateLine = ({ state, error, seconds, done, failed, skipped }) =>
  `${state === "finished" ? "Finished" : `**${state}**`} after ${seconds} s: ${done} done, ${failed} failed, ${skipped} skipped.` +
  (error ? ` ${error}` : "");

function failures(records) {
  const failed = Object.entries(records).filter(([, { ok }]) => ok === false);
  if (failed.length === 0) return "";
  const lines = failed.map(
    ([key, { error, failures: messages }]) => `- **${key}**: ${oneLine(error ?? messages?.[0] ?? "wrong")}`,
  );
  return `Failures:\n\n${lines.join("\n")}`;
}

const oneLine = (text) => text.replaceAll(/\s+/g, " ").slice(0, 300);

const PARTS = {
  devices: {
    title: "Devices",
    body: ({ devices }) => [
      table(
        ["device", "adapter", "features"],
        (devices?.devices ?? []).map(({ name, adapter, reason, features }) => [
          name,
          adapter ?? oneLine(reason),
          features.join(", "),
        ]),
      ),
    ],
  },
  "parity-ops": {
    title: "Ops against the f64 reference",
    body: (records) => {
      const rows = Object.entries(records).flatMap(([op, { worst = {} }]) => (worst.webgpu ? [{ op, ...worst.webgpu }] : []));
      const worst = rows.toSorted((a, b) => b.fraction - a.fraction).slice(0, 10);
      const cases = Object.values(records).reduce((sum, { passed = 0 }) => sum + passed, 0);
      return [
        `${Object.keys(records).length} ops, ${cases} cases passed on cpu and webgpu. Those nearest to their bounds:`,
        table(
          ["op", "case", "error ÷ bound"],
          worst.map(({ op, case: name, fraction }) => [op, name, fraction.toPrecision(3)]),
        ),
      ];
    },
  },
  bench: { title: "Speed", body: benchBody },
  "parity-models": {
    title: "Models against the f64 reference",
    body: (records) => [
      table(
        ["model", "passed", "failed", "worst error ÷ bound on webgpu", "s"],
        Object.entries(records).map(([name, { passed, failed, worst, seconds }]) => [
          name,
          passed ?? "–",
          failed ?? "–",
          worst
            ? Math.max(...worst.filter(({ device }) => device === "webgpu").map(({ fraction }) => fraction)).toPrecision(3)
            : "–",
          seconds?.toFixed(0) ?? "–",
        ]),
      ),
    ],
  },
  training: { title: "Training", body: trainingBody },
};

function benchBody(records) {
  const peak = records["peak f32"]?.gflops;
  const copy = records["copy bandwidth"]?.gigabytes;
  const torch = records.torch?.version;
  const theirs = torch ? `PyTorch ${torch}, eager, f32 without TF32` : `no PyTorch (${records.torch?.skipped ?? "not asked"})`;
  const measured = [
    peak && `Multiply-adds in registers: ${shown(peak)} GFLOP/s`,
    copy && `a copy in memory: ${shown(copy)} GB/s read and written`,
    `peer: ${theirs}`,
  ];
  const script = Object.entries(records["javascript per op"]?.micros ?? {}).map(([name, micros]) => `${name} ${shown(micros)}`);
  return [
    `${measured.filter(Boolean).join("; ")}.`,
    script.length > 0 ? `JavaScript per op on tiny tensors, µs: ${script.join(", ")}.` : "",
    table(
      ["op", "ms", "GFLOP/s", "% of peak", "launches", "JavaScript µs", "PyTorch ms", "ours ÷ PyTorch"],
      OPS.flatMap(({ key }) => (records[key]?.ms ? [opRow(key, records[key], peak, records[`torch ${key}`])] : [])),
    ),
    table(
      [
        "model",
        "ms",
        "images/s",
        "ms with answer",
        "ops",
        "launches",
        "JavaScript µs an op",
        "PyTorch ms",
        "with answer",
        "ours ÷ PyTorch",
      ],
      [...STEPS, ...INFERENCE].flatMap(({ key }) =>
        records[key]?.ms ? [modelRow(key, records[key], records[`torch ${key}`])] : [],
      ),
    ),
    "Medians; tensors stay on the device. `ms` is of calls one behind the other, `with answer` waits for each result.",
  ];
}

const opRow = (key, { ms, gflops, launches, scriptMicrosPerOp }, peak, torch) => [
  key,
  shown(ms),
  shown(gflops),
  peak ? ((100 * gflops) / peak).toFixed(1) : "–",
  shown(launches),
  shown(scriptMicrosPerOp),
  shown(torch?.ms),
  ratio(ms, torch?.ms),
];

const modelRow = (key, { ms, answerMs, imagesPerSecond, ops, launches, scriptMicrosPerOp }, torch) => [
  key,
  shown(ms),
  shown(imagesPerSecond),
  shown(answerMs),
  ops,
  shown(launches),
  shown(scriptMicrosPerOp),
  shown(torch?.ms),
  shown(torch?.answerMs),
  ratio(ms, torch?.ms),
];

function trainingBody(records) {
  const curves = Object.entries(records).filter(([, { losses }]) => losses);
  const references = Object.entries(records).filter(([, { worst }]) => worst !== undefined);
  const at = (losses, step) => losses[step - 1]?.toFixed(5) ?? "–";
  return [
    table(
      ["loss at step", "1", "5", "10", "20", "ms a step"],
      curves.map(([key, { losses, msPerStep }]) => [key, ...[1, 5, 10, 20].map((step) => at(losses, step)), shown(msPerStep)]),
    ),
    table(
      ["20 steps", "worst error ÷ bound"],
      references.map(([key, { worst }]) => [key, worst.toPrecision(3)]),
    ),
  ];
}

const ratio = (ours, theirs) => (theirs ? (ours / theirs).toFixed(2) : "–");

const table = (head, lines) =>
  lines.length === 0
    ? ""
    : [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
