// What pages say of the peer, and of what was left out.
import { shown } from "./format.mjs";
import { ratio } from "./markdown.mjs";

/** Heading of a column of ratios, with what they are meant to be. */
export const AGAINST_PYTORCH = "ours ÷ PyTorch (goal ≤ 1)";

const isOfPeer = (key) => key === "torch" || key.startsWith("torch ");

/** [key, record, the peer's record] of what was timed. A row measured in another way has the peer of the row without. */
export const timedRows = (records) =>
  Object.entries(records)
    .filter(([key, { ms }]) => ms !== undefined && !isOfPeer(key))
    .map(([key, record]) => [key, record, records[`torch ${peerKey(key)}`]]);

export const peerKey = (key) => key.replace(/, (libraries|mma\.sync)$/, "");

/** A time of the peer; one of a processor is no GPU's, and says so. */
export const theirTime = (record, field) =>
  record?.[field] === undefined || record.device !== "cpu" ? shown(record?.[field]) : `${shown(record[field])} (cpu)`;

/** By the GPU's clock where both have it; none against a processor's. */
export function against(ours, theirs) {
  if (theirs === undefined || theirs.device === "cpu") return "–";
  const field = ours.gpuMs !== undefined && theirs.gpuMs !== undefined ? "gpuMs" : "ms";
  return ratio(ours[field], theirs[field]);
}

export function peerOf({ torch }) {
  if (!torch?.version) return `Peer: no PyTorch (${torch?.skipped ?? "not asked"}).`;
  if (torch.device === "cpu")
    return `**A dry run of the peer: PyTorch ${torch.version} on this machine's processor. Its times are no GPU's.**`;
  const how = torch.isCompiled ? "behind torch.compile" : "eager";
  return `Peer: PyTorch ${torch.version}, ${how}, cuDNN ${torch.cudnn}; TF32 on in rows of that name, off in f32; 16 bits channels-last, else the faster layout.`;
}

/** What was left out, by reason: a line for ours, one for the peer's. */
export function skippedLine(records) {
  const reasons = new Map();
  for (const [key, { skipped }] of Object.entries(records))
    if (skipped !== undefined && key !== "torch") reasons.set(skipped, [...(reasons.get(skipped) ?? []), key]);
  return [...reasons].map(([reason, keys]) => `Skipped: ${keys.join(", ")}: ${reason.split("\n", 1)[0]}`).join("\n\n");
}
