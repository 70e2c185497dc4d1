import { createHash } from "node:crypto";

/** Stands for bytes in comparisons: where they differ, an assertion on the bytes themselves would take minutes to show how. */
export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
