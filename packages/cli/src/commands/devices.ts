import type { Command } from "../commands";
import { type DeviceRow, listDevices } from "../devices";
import type { Output } from "../output";

export const devices: Command<"devices"> = async ({ options, output }) => {
  const rows = await listDevices(options);
  output.json(rows);
  if (!output.isJson) printDevices(rows, output);
  return rows.some(({ available }) => available) ? 0 : 1;
};

/** A line per device: what it runs on, or why it can't be used. */
export function printDevices(rows: readonly DeviceRow[], output: Output): void {
  for (const { name, available, adapter, features, libraries = [], reason } of rows) {
    const mark = available ? output.paint("green", "✔") : output.paint("dim", "–");
    const title = available ? output.paint("bold", name.padEnd(7)) : output.paint("dim", name.padEnd(7));
    if (available) output.say(`  ${mark} ${title} ${adapter}  ${output.paint("dim", features.join(" "))}`);
    else {
      const [what, ...fix] = (reason ?? "").split(". ");
      output.say(`  ${mark} ${title} ${what}`);
      if (fix.length > 0) output.say(output.paint("dim", `            ${fix.join(". ")}`));
    }
    for (const library of libraries) output.say(output.paint("dim", `            ${library}`));
  }
}
