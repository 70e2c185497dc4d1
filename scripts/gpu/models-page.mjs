// The parts of the page about whole models.
import { GOAL, secondsTo } from "./accuracy-goal.mjs";
import { shown } from "./format.mjs";
import { ratio, table } from "./markdown.mjs";
import { AGAINST_PYTORCH, against, peerKey, peerOf, skippedLine, theirTime, timedRows } from "./peer-page.mjs";

const mib = (bytes) => shown(bytes === undefined ? undefined : bytes / 2 ** 20);

/** Speed and memory against PyTorch, then where the time goes. `compiled`: records of the step that measures torch.compile. */
export function modelsBody(records, { backend, steps }) {
  const compiled = steps["bench-compiled"]?.records ?? {};
  const rows = timedRows(records);
  return [
    backend === "cuda" ? peerOf(records) : "",
    table(
      [
        ...["model", "ms", "on the GPU", "images/s", "PyTorch ms", "on the GPU", AGAINST_PYTORCH],
        ...["torch.compile ms", "ours ÷ torch.compile", "peak MiB", "PyTorch MiB"],
      ],
      rows.map(([key, ours, torch]) => {
        const fast = compiled[`torch ${peerKey(key)}`];
        return [
          ...[key, shown(ours.ms), shown(ours.gpuMs), shown(ours.imagesPerSecond)],
          ...[theirTime(torch, "ms"), theirTime(torch, "gpuMs"), against(ours, torch)],
          ...[theirTime(fast, "ms"), against(ours, fast), mib(ours.peakBytes), mib(torch?.peakBytes)],
        ];
      }),
    ),
    table(
      ["model", "ms with answer", "PyTorch's", "replayed ms", "with answer", "ops", "launches", "JavaScript µs an op"],
      rows.map(([key, ours, torch]) => [
        ...[key, shown(ours.answerMs), theirTime(torch, "answerMs")],
        ...[shown(ours.replayed?.ms), shown(ours.replayed?.answerMs), ours.ops, shown(ours.launches)],
        shown(ours.scriptMicrosPerOp),
      ]),
    ),
    "Medians; images, labels and results stay on the device. `ms` by the host's clock around many calls, `on the GPU` by its events, which ratios are of where both have them; `with answer` waits for each result. `libraries`: cuBLASLt and cuDNN where measured faster; `replayed`: as a recorded launch list. Peaks are of live tensors.",
    skippedLine(records),
  ];
}

/** Training to an accuracy. */
export function mnistBody(records, { backend }) {
  const percent = (epochs) => (epochs ? `${(100 * epochs.at(-1).accuracy).toFixed(2)} %` : "–");
  const toGoal = (epochs) => epochs && secondsTo(epochs, GOAL);
  const goal = `${100 * GOAL} %`;
  return [
    backend === "cuda" ? peerOf(records) : "",
    table(
      [
        ...["run", "batch", "epochs", `accuracy (goal ≥ ${goal})`, "s of training", `s to ${goal}`, "first loss"],
        ...["PyTorch's accuracy", "s of training", `s to ${goal}`, "first loss", `s to ${goal}: ${AGAINST_PYTORCH}`],
      ],
      Object.entries(records)
        .filter(([key, { epochs }]) => epochs && !key.startsWith("torch "))
        .map(([key, ours]) => {
          const torch = records[`torch ${key}`];
          const isComparable = torch?.device !== "cpu";
          return [
            `${key}${ours.images ? `, ${ours.images} images` : ""}`,
            ...[ours.batch, ours.epochs.length, percent(ours.epochs), shown(total(ours.epochs)), shown(toGoal(ours.epochs))],
            ...[
              ours.firstLoss?.toFixed(5) ?? "–",
              percent(torch?.epochs),
              shown(total(torch?.epochs)),
              shown(toGoal(torch?.epochs)),
            ],
            torch?.firstLoss?.toFixed(5) ?? "–",
            isComparable ? ratio(toGoal(ours.epochs), toGoal(torch?.epochs)) : "–",
          ];
        }),
    ),
    "Test accuracy after the last epoch. Seconds are of training alone, batches made on the host included. The peer has the same first weights, order of images, learning rates and optimizer: its first loss tells whether it is the same run.",
    skippedLine(records),
  ];
}

const total = (epochs) => epochs?.reduce((sum, { seconds }) => sum + seconds, 0);

export const faultsBody = (records) => [
  table(
    ["fault", "as it should be"],
    Object.entries(records).map(([key, { ok, message, gib, losses, bytes }]) => [
      FAULTS[key] ?? key,
      ok === false ? "**no**" : `yes${detail({ message, gib, losses, bytes })}`,
    ]),
  ),
];

const FAULTS = {
  tooLarge: "a tensor larger than the device is refused, the next one isn't",
  fullDevice: "memory is taken to the last piece, given back and taken again",
  smallerBatch: "a step that runs out of memory fails whole, a smaller batch goes on with the right losses",
  twoProcesses: "two processes on one GPU at once",
  killedTraining: "training ended by SIGKILL resumes to the same bytes as a run that wasn't",
};

function detail({ message, gib, losses, bytes }) {
  const text = message ?? (gib && `${gib.toFixed(2)} GiB`) ?? losses?.join(", ") ?? (bytes && `${bytes} bytes`);
  return text ? `: ${text.replaceAll(/\s+/g, " ").slice(0, 200)}` : "";
}
