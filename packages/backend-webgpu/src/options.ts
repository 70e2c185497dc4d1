import { ArgumentError, unknownName } from "@vertebra/core";

/** How a WebGPU device is chosen. */
export interface WebgpuOptions {
  /** Where a machine has several: the fast one or the frugal one. Default: the browser's or driver's choice. */
  readonly powerPreference?: "high-performance" | "low-power";
  /** Part of the adapter's name (vendor, architecture, device, description), in any case: `nvidia`, `swiftshader`. */
  readonly adapter?: string;
}

const WHERE = "webgpu";
const PREFERENCES: readonly unknown[] = ["high-performance", "low-power"];

/** What each option must be, in words, and whether it is. */
const RULES: { readonly [Name in keyof Required<WebgpuOptions>]: readonly [rule: string, holds: (value: unknown) => boolean] } = {
  powerPreference: [`one of ${PREFERENCES.join(", ")}`, (value) => PREFERENCES.includes(value)],
  adapter: ["part of an adapter's name", (value) => typeof value === "string" && value !== ""],
};

/** Options of JavaScript, which no type has checked. @throws ArgumentError for a name that doesn't exist or a value out of range. */
export function requireOptions(options: WebgpuOptions): void {
  if (typeof options !== "object" || options === null)
    throw new ArgumentError(WHERE, { rule: "options must be an object", got: String(options) });
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name)) throw unknownName(WHERE, "option", name, Object.keys(RULES));
    const [rule, holds] = RULES[name as keyof WebgpuOptions];
    if (value !== undefined && !holds(value))
      throw new ArgumentError(WHERE, { rule: `${name} must be ${rule}`, got: JSON.stringify(value) ?? typeof value });
  }
}
