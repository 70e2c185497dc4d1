// The parts of the page that only CUDA has.
import { shown } from "./format.mjs";
import { ratio, table } from "./markdown.mjs";

const IMAGES = ["inference", "step"];
const isModel = (key) => IMAGES.some((kind) => key.includes(` ${kind} batch `));

/** Ops: time by the GPU's clock, and what part of a copy's bandwidth or how many operations a second that is. */
export function kernelsBody(records) {
  const { micros } = records.launch ?? {};
  const copy = records["copy bandwidth"]?.gigabytes;
  const rows = timedRows(records);
  return [
    [
      micros && `A launch: ${shown(micros.wall)} µs, ${shown(micros.javascript)} of JavaScript, ${shown(micros.gpu)} on the GPU`,
      copy && `a copy in memory: ${shown(copy)} GB/s read and written`,
      peerOf(records),
    ]
      .filter(Boolean)
      .join("; "),
    table(
      ["op", "ms", "GB/s", "of a copy's", "PyTorch ms", "ours ÷ PyTorch"],
      rows
        .filter(([, { gigabytes }]) => gigabytes)
        .map(([key, { gpuMs, gigabytes }, torch]) => [
          key,
          shown(gpuMs),
          shown(gigabytes),
          copy ? `${Math.round((100 * gigabytes) / copy)} %` : "–",
          shown(torch?.gpuMs),
          ratio(gpuMs, torch?.gpuMs),
        ]),
    ),
    table(
      ["op", "ms", "TFLOP/s", "error", "launches", "PyTorch ms", "ours ÷ PyTorch"],
      rows
        .filter(([, { gflops }]) => gflops)
        .map(([key, { gpuMs, gflops, sampledError, launches }, torch]) => [
          key,
          shown(gpuMs),
          shown(gflops / 1000),
          sampledError?.toPrecision(2) ?? "–",
          shown(launches),
          shown(torch?.gpuMs),
          ratio(gpuMs, torch?.gpuMs),
        ]),
    ),
    "Medians by CUDA events around many calls, tensors on the device. `error`: of sampled elements, or of ⟨y, dy⟩ against the gradient's, as a fraction of the typical size.",
    skippedLine(records),
  ];
}

/** Models: time by the host's clock, which has what JavaScript costs; `replayed`: as a recorded launch list. `libraries`: cuBLASLt and cuDNN where measured faster. */
export const modelsBody = (records) => [
  peerOf(records),
  table(
    [
      ...["model", "ms", "on the GPU", "images/s", "ms with answer", "replayed ms", "with answer", "ops", "launches"],
      ...["PyTorch ms", "with answer", "ours ÷ PyTorch"],
    ],
    timedRows(records)
      .filter(([key]) => isModel(key))
      .map(([key, ours, torch]) => [
        key,
        shown(ours.ms),
        shown(ours.gpuMs),
        shown(ours.imagesPerSecond),
        shown(ours.answerMs),
        shown(ours.replayed?.ms),
        shown(ours.replayed?.answerMs),
        ours.ops,
        shown(ours.launches),
        shown(torch?.ms),
        shown(torch?.answerMs),
        ratio(ours.ms, torch?.ms),
      ]),
  ),
  skippedLine(records),
];

export const sanitizerBody = (records) => [
  table(
    ["tool and op", "found"],
    Object.entries(records)
      .filter(([, { summary }]) => summary)
      .map(([key, { summary }]) => [key, summary]),
  ),
  skippedLine(records),
];

const timedRows = (records) =>
  Object.entries(records)
    .filter(([key, { ms }]) => ms !== undefined && !key.startsWith("torch "))
    // A row with libraries has the peer of the row without.
    .map(([key, record]) => [key, record, records[`torch ${key.replace(/, libraries$/, "")}`]]);

function peerOf({ torch }) {
  if (!torch?.version) return `no PyTorch (${torch?.skipped ?? "not asked"}).`;
  return `peer: PyTorch ${torch.version}, eager, cuDNN ${torch.cudnn}; TF32 on in rows of that name, off in f32; 16 bits channels-last.`;
}

/** What was left out, by reason. */
function skippedLine(records) {
  const reasons = new Map();
  for (const [key, { skipped }] of Object.entries(records))
    if (skipped !== undefined && key !== "torch") reasons.set(skipped, [...(reasons.get(skipped) ?? []), key]);
  return [...reasons].map(([reason, keys]) => `Skipped: ${keys.join(", ")}: ${reason.split("\n", 1)[0]}`).join("\n\n");
}
