import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CLI_BIN, needsBuild } from "./testing/built-cli";
import { writeDigitsFolder } from "./testing/digits-folder";
import { temporaryFolder } from "./testing/temporary-folder";

const folder = temporaryFolder();
const data = writeDigitsFolder(join(folder, "digits"), { train: 2000, test: 10 });

describe.skipIf(needsBuild() || process.platform === "win32")("signals to a training process", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s saves, says how to resume and ends with 1", async (signal) => {
    const out = join(folder, `${signal}.safetensors`);
    const { code, stderr } = await trainUntil(out, (child) => child.kill(signal));
    expect(stderr).toContain(`Go on with: vertebra train lenet5 --resume ${out}`);
    expect(code).toBe(1);
    expect(existsSync(out)).toBe(true);
  });

  test("a second one ends at once", async () => {
    const { code, signal } = await trainUntil(join(folder, "twice.safetensors"), (child) => {
      // Held meanwhile, so that the first isn't done with before the second comes.
      for (const sent of ["SIGSTOP", "SIGINT", "SIGTERM", "SIGCONT"] as const) child.kill(sent);
    });
    expect([code, signal]).toEqual([1, null]);
  });
});

/** Trains far too long, and calls `stop` once progress shows. */
async function trainUntil(out: string, stop: (child: ReturnType<typeof spawn>) => void) {
  const child = spawn(process.execPath, [
    CLI_BIN,
    "train",
    "lenet5",
    "--data",
    data,
    "--epochs",
    "1000",
    "--out",
    out,
    "--threads",
    "1",
  ]);
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += text));
  const ended = once(child, "close");
  await once(child.stdout, "data");
  for await (const text of child.stdout) {
    if (!String(text).includes("img/s")) continue;
    stop(child);
    break;
  }
  child.stdout.resume();
  const [code, signal] = await ended;
  return { code, signal, stderr };
}
