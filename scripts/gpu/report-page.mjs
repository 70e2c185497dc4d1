import { besideBody, compiledBody, halfBody, kernelsBody, sanitizerBody } from "./cuda-page.mjs";
import { shown } from "./format.mjs";
import { table } from "./markdown.mjs";
import { faultsBody, mnistBody, modelsBody } from "./models-page.mjs";
import { AGAINST_PYTORCH, against, peerOf, skippedLine, theirTime, timedRows } from "./peer-page.mjs";
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
  const { gpu, isImitation } = gpuOf(steps, backend);
  return { name: `${slug(gpu)}-${backend}`, backend, gpu, ...(isImitation && { isImitation }), command, bundle: facts, steps };
}

/** What the GPU calls itself: as nvidia-smi says it, else as the adapter does. */
function gpuOf({ devices }, backend) {
  const records = devices?.records ?? {};
  const adapter = records.devices?.devices?.find(({ name }) => name === backend);
  const isImitation = adapter?.features.some((feature) => ["software", "test-driver"].includes(feature)) ?? false;
  const device = records.limits?.info?.device ?? records.limits?.gpus?.[0]?.name;
  const gpu =
    (isImitation ? undefined : (records["nvidia-smi"]?.gpus?.[0].name ?? device)) ??
    adapter?.adapter?.replace(/, compute capability .*/, "") ??
    "unknown GPU";
  return { gpu, isImitation };
}

export const slug = (text) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const withoutBriefs = (records) =>
  Object.fromEntries(Object.entries(records).map(([key, { brief, ...record }]) => [key, record]));

const NAMES = { cuda: "CUDA", webgpu: "WebGPU" };

const IMITATION = "**A processor plays the GPU: this page shows that the check runs. No time on it is a GPU's.**";

/** For people: a part for each step that there is. `beside`: WebGPU's document, for CUDA's page. */
export function page(merged, { beside } = {}) {
  const { backend, gpu, steps } = merged;
  const parts = Object.entries(PARTS).flatMap(([name, part]) =>
    steps[name]
      ? [[`## ${part.title}`, stateLine(steps[name]), ...part.body(steps[name].records, merged), failures(steps[name].records)]]
      : [],
  );
  const both = backend === "cuda" && beside ? ["## CUDA beside WebGPU", ...besideBody(steps, beside.steps)] : [];
  const head = [`# ${NAMES[backend]} on ${gpu}`, merged.isImitation ? IMITATION : "", factsTable(merged)];
  return `${[...head, ...parts.flat(), ...both].filter((text) => text !== "").join("\n\n")}\n`;
}

/** What a number is worth nothing without. */
function factsTable({ gpu, command, steps, bundle }) {
  const { machine, "nvidia-smi": smi, limits, "first sum": first } = steps.devices?.records ?? {};
  const card = smi?.gpus?.[0];
  const torch = Object.values(steps).find(({ records }) => records.torch?.version)?.records.torch;
  const cuda = limits?.gpus?.[0]?.driverVersion;
  const rows = {
    GPU: card ? `${gpu}, ${card["memory.total"]}` : gpu,
    clocks: card && `up to ${card["clocks.max.sm"]}, memory ${card["clocks.max.memory"]}, at most ${card["power.limit"]}`,
    driver: [card?.driver_version, machine?.vulkan?.driver ?? machine?.driver, cuda && `CUDA ${cuda / 1000}`],
    versions: [
      machine && `Node ${machine.node}`,
      machine?.dawn && `Dawn of webgpu ${machine.dawn}`,
      machine?.nvcc && `kernels by nvcc ${machine.nvcc}`,
      // With a version, and without the folder that it is in.
      ...(first?.libraries ?? []).flatMap((line) => line.match(/^\S+ \d\S*/) ?? []),
      torch && `PyTorch ${torch.version}`,
    ],
    processor: machine && `${machine.processor}, ${machine.memoryGib} GiB`,
    date: machine?.date,
    command: `\`${command}\``,
    commit: `${bundle.commit}, bundle ${bundle.hash.slice(0, 12)}`,
  };
  const known = Object.entries(rows).map(([name, value]) => [name, [value].flat().filter(Boolean).join("; ")]);
  const [top, ...rest] = known.filter(([, text]) => text !== "");
  return table(top, rest).replaceAll("---:", "---");
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
    body: (records, { backend }) => {
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
  "bench-models": { title: "Models: speed and memory", body: modelsBody },
  "bench-models-more": { title: "More models: speed and memory", body: modelsBody },
  "bench-models-large": { title: "Large models: speed and memory", body: modelsBody },
  "bench-compiled": { title: "torch.compile", body: compiledBody },
  "bench-ops": { title: "Ops: speed", body: kernelsBody },
  mnist: { title: "MNIST, trained to an accuracy", body: mnistBody },
  faults: { title: "Faults", body: faultsBody },
  "parity-half": { title: "Models in 16 bits", body: halfBody },
  "parity-models": {
    title: "Models against the f64 reference",
    body: (records, { backend }) => [
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
  const measured = [
    peak && `Multiply-adds in registers: ${shown(peak)} GFLOP/s`,
    copy && `a copy in memory: ${shown(copy)} GB/s read and written`,
  ].filter(Boolean);
  const script = Object.entries(records["javascript per op"]?.micros ?? {}).map(([name, micros]) => `${name} ${shown(micros)}`);
  const rows = timedRows(records);
  return [
    measured.length > 0 ? `${measured.join("; ")}.` : "",
    peerOf(records),
    script.length > 0 ? `JavaScript per op on tiny tensors, µs: ${script.join(", ")}.` : "",
    table(
      ["op", "ms", "GFLOP/s", "% of peak", "launches", "JavaScript µs", "PyTorch ms", AGAINST_PYTORCH],
      rows.filter(([, { gflops }]) => gflops).map(([key, ours, torch]) => opRow(key, ours, torch, peak)),
    ),
    table(
      ["model", "ms", "images/s", "with answer", "ops", "launches", "PyTorch ms", "with answer", AGAINST_PYTORCH],
      rows
        .filter(([, { imagesPerSecond }]) => imagesPerSecond)
        .map(([key, ours, torch]) => [
          ...[key, shown(ours.ms), shown(ours.imagesPerSecond), shown(ours.answerMs), ours.ops, shown(ours.launches)],
          ...[theirTime(torch, "ms"), theirTime(torch, "answerMs"), against(ours, torch)],
        ]),
    ),
    "Medians; tensors stay on the device. `ms` is of calls one behind the other, of ops by the GPU's clock where the adapter has timestamps; `with answer` waits for each result.",
    skippedLine(records),
  ];
}

const opRow = (key, ours, torch, peak) => [
  key,
  shown(ours.gpuMs ?? ours.ms),
  shown(ours.gflops),
  peak ? ((100 * ours.gflops) / peak).toFixed(1) : "–",
  shown(ours.launches),
  shown(ours.scriptMicrosPerOp),
  theirTime(torch, torch?.gpuMs === undefined ? "ms" : "gpuMs"),
  against(ours, torch),
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
