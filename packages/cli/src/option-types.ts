import { unknownName } from "@vertebra/core";
import { asUsageError, UsageError } from "./usage-error";

/** How the text behind an option becomes a value. `parse` throws a UsageError in words that name the option. */
export interface OptionType<T> {
  /** What stands for the value in help; none for switches. */
  readonly placeholder: string | undefined;
  readonly parse: (text: string, where: string, flag: string) => T;
}

const refuse = (where: string, flag: string, rule: string, got: string): never => {
  throw new UsageError(where, { rule: `--${flag} must be ${rule}`, got: `"${got}"` });
};

/** On or off; takes no value. */
export const toggle: OptionType<boolean> = { placeholder: undefined, parse: () => true };

export const text = (placeholder: string): OptionType<string> => ({
  placeholder,
  parse: (value, where, flag) => (value === "" ? refuse(where, flag, "given", value) : value),
});

/** An integer from `min` to `max`. */
export const count = (min: number, max: number = Number.MAX_SAFE_INTEGER): OptionType<number> => ({
  placeholder: "N",
  parse: (value, where, flag) => {
    const range = max === Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max}`;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : refuse(where, flag, `an integer ${range}`, value);
  },
});

/** A number from `min` on. */
export const number = (min: number): OptionType<number> => ({
  placeholder: "X",
  parse: (value, where, flag) => {
    const parsed = value.trim() === "" ? Number.NaN : Number(value);
    return parsed >= min && Number.isFinite(parsed) ? parsed : refuse(where, flag, `a number ≥ ${min}`, value);
  },
});

/** One of the names. */
export const choice = <const T extends string>(names: readonly T[]): OptionType<T> => ({
  placeholder: names.join("|"),
  parse: (value, where, flag) => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw asUsageError(unknownName(where, `--${flag}`, value, names));
    return found;
  },
});

/** Names with commas between. */
export const names = (placeholder: string): OptionType<readonly string[]> => ({
  placeholder,
  parse: (value, where, flag) => {
    const list = value.split(",").map((name) => name.trim());
    return list.includes("") ? refuse(where, flag, "names with commas between", value) : list;
  },
});

export type ImageSize = readonly [channels: number, height: number, width: number];

/** `3x224x224`. */
export const imageSize: OptionType<ImageSize> = {
  placeholder: "CxHxW",
  parse: (value, where, flag) => {
    const sizes = /^\d{1,5}x\d{1,5}x\d{1,5}$/.test(value) ? value.split("x").map(Number) : [];
    return sizes.length === 3 && !sizes.includes(0)
      ? (sizes as unknown as ImageSize)
      : refuse(where, flag, "channels x height x width, such as 3x224x224", value);
  },
};

export type JsonObject = Readonly<Record<string, unknown>>;

/** `{"version": "1"}`. */
export const jsonObject: OptionType<JsonObject> = {
  placeholder: "JSON",
  parse: (value, where, flag) => {
    try {
      const parsed: unknown = JSON.parse(value);
      if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
    } catch {
      // Said below.
    }
    return refuse(where, flag, 'a JSON object, such as {"inChannels": 64}', value);
  },
};
