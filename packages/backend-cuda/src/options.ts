import { ArgumentError, unknownName } from "@vertebra/core";

/** How a CUDA device is chosen. */
export interface CudaOptions {
  /** The driver's number of the GPU. Default: 0. */
  readonly index?: number;
  /**
   * Matrix products and convolutions of f32 on tensor cores, up to eight times as fast: their operands are rounded to TF32, 10 bits behind the
   * point in place of 23, so that each product is off by up to 2⁻¹⁰ of itself; sums stay f32. Everything else is computed as before.
   * Default: false, so that results agree with other backends' to the last bits of f32.
   */
  readonly tf32?: boolean;
  /**
   * Matrix products and convolutions in 16 bits by warpgroups, where the GPU has the instructions: those of compute capability 9.0, as an H100 or
   * H200. False: as on every other GPU. Default: true.
   */
  readonly warpgroups?: boolean;
  /**
   * Uses cuBLASLt and cuDNN 9 where they are present, for the calls for which they are chosen (see `tune`). "always": for every call that
   * they take, for tests. `VERTEBRA_CUDA_VENDOR=off` overrides it. Default: true.
   */
  readonly vendor?: boolean | "always";
}

const WHERE = "cuda";
const isBoolean = (value: unknown): boolean => typeof value === "boolean";

/** What each option must be, in words, and whether it is. */
const RULES: { readonly [Name in keyof Required<CudaOptions>]: readonly [rule: string, holds: (value: unknown) => boolean] } = {
  index: ["a whole number from 0 on", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  tf32: ["true or false", isBoolean],
  warpgroups: ["true or false", isBoolean],
  vendor: ['true, false or "always"', (value) => isBoolean(value) || value === "always"],
};

/** Options of JavaScript, which no type has checked. @throws ArgumentError for a name that doesn't exist or a value out of range. */
export function requireOptions(options: CudaOptions): void {
  if (typeof options !== "object" || options === null)
    throw new ArgumentError(WHERE, { rule: "options must be an object", got: String(options) });
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name)) throw unknownName(WHERE, "option", name, Object.keys(RULES));
    const [rule, holds] = RULES[name as keyof CudaOptions];
    if (value !== undefined && !holds(value))
      throw new ArgumentError(WHERE, { rule: `${name} must be ${rule}`, got: JSON.stringify(value) ?? typeof value });
  }
}
