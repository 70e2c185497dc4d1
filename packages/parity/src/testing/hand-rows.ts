import type { HandRow } from "./memory-goldens";

/** A row in double with one tolerance for all. */
export const row = (
  op: string,
  inputs: HandRow["inputs"],
  outputs: HandRow["outputs"],
  attrs: HandRow["attrs"] = {},
): HandRow => ({
  op,
  attrs,
  ...(inputs && { inputs }),
  ...(outputs && { outputs }),
});
