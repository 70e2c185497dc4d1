// What is measured of CUDA, by key and in order of value; a peer measures the same. `isSmall`: for a processor that plays the GPU.
import { convCase, matmulCase, RESNET50, shrunk } from "./op-cases.mjs";

/** What products run in: f32 throughout, f32 by TF32's tensor cores, or tensors of 16 bits. */
const PRECISIONS = ["f32", "tf32", "bf16", "f16"];
const BYTES = { f32: 4, bf16: 2, f16: 2 };

const DIRECTIONS = ["conv2d", "conv2dInputGrad", "conv2dWeightGrad"];

/** A kernel that does nothing to speak of: what a call costs. */
const LAUNCH = { key: "add of 16 f32", kind: "add", precision: "f32", x: [16], bytes: 3 * 16 * BYTES.f32 };

/** Ops that wait for memory alone, then products and convolutions. */
export const opCases = (isSmall) => [
  LAUNCH,
  ...["f32", "bf16"].flatMap((precision) => streamCases(precision, isSmall ? 1 << 12 : 1 << 26)),
  ...["f32", "bf16"].flatMap((precision) => normCases(precision, isSmall ? [2, 4, 8, 8] : [32, 256, 56, 56])),
  ...(isSmall ? [64] : [4096, 1024, 512, 2048, 8192]).flatMap((n) => PRECISIONS.map((precision) => matmulCase(n, precision))),
  ...(isSmall ? RESNET50.slice(0, 2).map(shrunk) : RESNET50).flatMap((row) =>
    ["f32", "bf16", "tf32"].flatMap((precision) =>
      DIRECTIONS.map((kind) => convCase(row, { kind, precision, batch: isSmall ? 1 : 32 })),
    ),
  ),
];

/** `bytes`: what has to be read and written at least. */
function streamCases(precision, elements) {
  const bytes = BYTES[precision] * elements;
  const row = (kind, streams) => ({ key: `${kind} ${precision}`, kind, precision, x: [elements], bytes: streams * bytes });
  return [row("relu", 2), row("add", 3), row("sum", 1)];
}

function normCases(precision, x) {
  const bytes = BYTES[precision] * x.reduce((a, b) => a * b);
  const at = `[${x.join(", ")}] ${precision}`;
  // Twice over x for the statistics and the result; twice over x and dy for the sums and dx.
  return [
    { key: `batchNormTrain ${at}`, kind: "batchNormTrain", precision, x, bytes: 3 * bytes },
    { key: `batchNormTrainGrad ${at}`, kind: "batchNormTrainGrad", precision, x, bytes: 5 * bytes },
  ];
}
