// The parts of the page that only CUDA has.
import { shown } from "./format.mjs";
import { table } from "./markdown.mjs";
import { AGAINST_PYTORCH, against, peerKey, peerOf, skippedLine, theirTime, timedRows } from "./peer-page.mjs";

/** Ops: time by the GPU's clock, and what part of a copy's bandwidth or how many operations a second that is. */
export function kernelsBody(records) {
  const { micros } = records.launch ?? {};
  const copy = records["copy bandwidth"]?.gigabytes;
  const rows = timedRows(records);
  return [
    [
      micros && `A launch: ${shown(micros.wall)} µs, ${shown(micros.javascript)} of JavaScript, ${shown(micros.gpu)} on the GPU`,
      copy && `a copy in memory: ${shown(copy)} GB/s read and written`,
    ]
      .filter(Boolean)
      .join("; "),
    peerOf(records),
    table(
      ["op", "ms", "GB/s", "of a copy's", "PyTorch ms", AGAINST_PYTORCH],
      rows
        .filter(([, { gigabytes }]) => gigabytes)
        .map(([key, ours, torch]) => [
          key,
          shown(ours.gpuMs),
          shown(ours.gigabytes),
          copy ? `${Math.round((100 * ours.gigabytes) / copy)} %` : "–",
          theirTime(torch, torch?.gpuMs === undefined ? "ms" : "gpuMs"),
          against(ours, torch),
        ]),
    ),
    table(
      ["op", "ms", "TFLOP/s", "error", "launches", "PyTorch ms", AGAINST_PYTORCH],
      rows
        .filter(([, { gflops }]) => gflops)
        .map(([key, ours, torch]) => [
          key,
          shown(ours.gpuMs),
          shown(ours.gflops / 1000),
          ours.sampledError?.toPrecision(2) ?? "–",
          shown(ours.launches),
          theirTime(torch, torch?.gpuMs === undefined ? "ms" : "gpuMs"),
          against(ours, torch),
        ]),
    ),
    "Medians by CUDA events around many calls, tensors on the device. `error`: of sampled elements, or of ⟨y, dy⟩ against the gradient's, as a fraction of the typical size.",
    skippedLine(records),
  ];
}

export const sanitizerBody = (records) => [
  table(
    ["tool and op", "found"],
    Object.entries(records)
      .filter(([, { summary }]) => summary)
      .map(([key, { summary }]) => [key, summary]),
  ),
  skippedLine(records),
];

const HALF_PARTS = ["training logits", "gradients", "statistics", "logits"];

/** Models in 16 bits: how far from the cpu's, by part. */
export const halfBody = (records) => [
  "Distance from the cpu's results in the same 16 bits, as a fraction of what is allowed: three times as far as those are from f32.",
  table(
    ["model", ...HALF_PARTS],
    Object.entries(records)
      .filter(([, { parts }]) => parts)
      .map(([key, { parts }]) => [key, ...HALF_PARTS.map((name) => fractionOf(parts, name))]),
  ),
  skippedLine(records),
];

const fractionOf = (parts, name) => parts.find(({ part }) => part === name)?.fraction?.toPrecision(2) ?? "–";

/** torch.compile's times stand in the models' tables: here is whether there are any. */
export const compiledBody = (records) => [peerOf(records), skippedLine(records)];

/** The same rows on CUDA and WebGPU. @param steps, others of CUDA and of WebGPU, by name without the backend */
export function besideBody(steps, others) {
  const [cuda, webgpu] = [steps, others].map((each) =>
    Object.fromEntries(
      Object.entries(each)
        .filter(([name]) => name.startsWith("bench"))
        .flatMap(([, { records }]) => Object.entries(records)),
    ),
  );
  const rows = timedRows(webgpu).filter(([key]) => cuda[key]?.ms !== undefined);
  return [
    table(
      ["", "CUDA ms", "with libraries", "WebGPU ms", "PyTorch ms", "CUDA ÷ PyTorch", "WebGPU ÷ PyTorch", "WebGPU ÷ CUDA"],
      rows.map(([key, other]) => {
        const torch = cuda[`torch ${peerKey(key)}`];
        const wall = ({ ms }) => ({ ms });
        return [
          key,
          shown(cuda[key].ms),
          shown(cuda[`${key}, libraries`]?.ms),
          shown(other.ms),
          theirTime(torch, "ms"),
          against(wall(cuda[key]), torch),
          against(wall(other), torch),
          (other.ms / cuda[key].ms).toFixed(2),
        ];
      }),
    ),
    "Medians by the host's clock around many calls.",
  ];
}
