import type { DType } from "@vertebra/core";

/** As the descriptions of native/vendor number them. */
const DTYPES: readonly DType[] = ["f32", "f16", "bf16"];

/** Undefined for a dtype that no library multiplies. */
export function dtypeNumber(dtype: DType): number | undefined {
  const number = DTYPES.indexOf(dtype);
  return number < 0 ? undefined : number;
}

/** Scratch memory that a plan may have: enough for cuDNN to turn a large batch of images round. */
export const MOST_WORKSPACE_BYTES = 256 << 20;
