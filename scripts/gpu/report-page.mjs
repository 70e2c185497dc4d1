import { INFERENCE, OPS, STEPS } from "./bench-cases.mjs";
import { kernelsBody, modelsBody, sanitizerBody } from "./cuda-page.mjs";
import { shown } from "./format.mjs";
import { ratio, table } from "./markdown.mjs";
import { countOf } from "./step-file.mjs";

/** @typedef {import("./step-file.mjs").StepFile} StepFile */

/**
 * All steps of a backend in one document; its name is that of the GPU.
 * @param {readonly StepFile[]} files
 */
export function merge(files, { backend = "webgpu", command, facts }) {
  const steps = Object.fromEntries(
    files.map((file) => [
      file.step.replace(/^cuda-/, ""),
      {
        state: file.state,
        ...(file.error && { error: file.error }),
        seconds: Math.round(file.seconds),
        ...countOf(file),
        records: withoutBriefs(file.records),
      },
    ]),
  );
  const gpu = gpuOf(steps, backend);
  return { name: `${slug(gpu)}-${backend}`, backend, gpu, command, bundle: facts, steps };
}

/** What the GPU calls itself: as nvidia-smi says it, else as the adapter does. */
function gpuOf({ devices }, backend) {
  const records = devices?.records ?? {};
  const adapter = records.devices?.devices?.find(({ name }) => name === backend);
  const isSoftware = adapter?.features.some((feature) => ["software", "test-driver"].includes(feature));
  const device = records.limits?.info?.device ?? records.limits?.gpus?.[0]?.name;
  return (
    (isSoftware ? undefined : (records["nvidia-smi"]?.gpus?.[0].name ?? device)) ??
    adapter?.adapter?.replace(/, compute capability .*/, "") ??
    "unknown GPU"
  );
}

export const slug = (text) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const withoutBriefs = (records) =>
  Object.fromEntries(Object.entries(records).map(([key, { brief, ...record }]) => [key, record]));

const NAMES = { cuda: "CUDA", webgpu: "WebGPU" };

/** For people: a part for each step that there is. */
export function page(merged) {
  const { backend, gpu, command, steps, bundle } = merged;
  const parts = Object.entries(PARTS).flatMap(([name, part]) =>
    steps[name]
      ? [[`## ${part.title}`, stateLine(steps[name]), ...part.body(steps[name].records, backend), failures(steps[name].records)]]
      : [],
  );
  const head = [`# ${NAMES[backend]} on ${gpu}`, `\`${command}\``, describe(steps.devices?.records ?? {}, bundle)];
  return `${[...head, ...parts.flat()].filter((text) => text !== "").join("\n\n")}\n`;
}

function describe({ machine, "nvidia-smi": smi }, { hash, commit }) {
  if (!machine) return "";
  const { date, processor, memoryGib, node, dawn, nvcc, vulkan } = machine;
  const [first] = smi?.gpus ?? [];
  const driver = first ? `driver ${first.driver_version}` : (vulkan?.driver ?? machine.driver);
  return [
    date,
    `${processor}, ${memoryGib} GiB`,
    `Node ${node}`,
    ...(dawn ? [`Dawn of webgpu ${dawn}`] : []),
    ...(nvcc ? [`kernels by nvcc ${nvcc}`] : []),
    driver,
    ...(first
      ? [`clocks up to ${first["clocks.max.sm"]} and ${first["clocks.max.memory"]} (memory), at most ${first["power.limit"]}`]
      : []),
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
    body: (records, backend) => {
      const rows = Object.entries(records).flatMap(([op, { worst = {} }]) => (worst[backend] ? [{ op, ...worst[backend] }] : []));
      const worst = rows.toSorted((a, b) => b.fraction - a.fraction).slice(0, 10);
      const cases = Object.values(records).reduce((sum, { passed = 0 }) => sum + passed, 0);
      return [
        `${Object.keys(records).length} ops, ${cases} cases passed${backend === "webgpu" ? " on cpu and webgpu" : ""}. Those nearest to their bounds:`,
        table(
          ["op", "case", "error ÷ bound"],
          worst.map(({ op, case: name, fraction }) => [op, name, fraction.toPrecision(3)]),
        ),
      ];
    },
  },
  bench: { title: "Speed", body: benchBody },
  "bench-models": { title: "Models: speed", body: modelsBody },
  "bench-ops": { title: "Ops: speed", body: kernelsBody },
  "parity-models": {
    title: "Models against the f64 reference",
    body: (records, backend) => [
      table(
        ["model", "passed", "failed", `worst error ÷ bound on ${backend}`, "s"],
        Object.entries(records).map(([name, { passed, failed, worst, seconds }]) => [
          name,
          passed ?? "–",
          failed ?? "–",
          worst
            ? Math.max(...worst.filter(({ device }) => device === backend).map(({ fraction }) => fraction)).toPrecision(3)
            : "–",
          seconds?.toFixed(0) ?? "–",
        ]),
      ),
    ],
  },
  training: { title: "Training", body: trainingBody },
  sanitizer: { title: "compute-sanitizer", body: sanitizerBody },
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
