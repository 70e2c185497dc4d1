import { ArgumentError, unknownName } from "@vertebra/core";

/** How a CUDA device is chosen. */
export interface CudaOptions {
  /** The driver's number of the GPU. Default: 0. */
  readonly index?: number;
}

const WHERE = "cuda";

/** What each option must be, in words, and whether it is. */
const RULES: { readonly [Name in keyof Required<CudaOptions>]: readonly [rule: string, holds: (value: unknown) => boolean] } = {
  index: ["a whole number from 0 on", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
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
