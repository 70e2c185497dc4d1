/** A float as Python prints it: `1e-05`, `0.001`, `1.0`. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return value !== value ? "nan" : value > 0 ? "inf" : "-inf";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16))
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A number or a tuple, as given: `3` or `(3, 3)`. */
export const pythonSize = (value: number | readonly (number | null)[]): string =>
  typeof value === "number" ? String(value) : `(${value.map((size) => size ?? "None").join(", ")})`;

export const pythonBool = (value: boolean): string => (value ? "True" : "False");
