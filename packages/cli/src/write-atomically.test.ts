import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CLI_MODULE, needsBuild } from "./testing/built-cli";
import { temporaryFolder } from "./testing/temporary-folder";
import { mountTinyDisk } from "./testing/tiny-disk";
import { writeAtomically } from "./write-atomically";

const folder = temporaryFolder();

/** A program that imports the built `writeAtomically`. */
const program = (body: string): string[] => [
  "--input-type=module",
  "-e",
  `import { writeAtomically } from ${JSON.stringify(CLI_MODULE)};\n${body}`,
];

describe("writeAtomically", () => {
  test("replaces a file and leaves nothing beside it, making folders on the way", async () => {
    const path = join(folder, "a", "b", "file");
    await writeAtomically(path, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    await writeAtomically(path, [Uint8Array.of(4)]);
    expect([...readFileSync(path)]).toEqual([4]);
    expect(readdirSync(join(folder, "a", "b"))).toEqual(["file"]);
  });

  test("removes what killed processes left beside the file, and nothing else", async () => {
    const at = join(folder, "leftovers");
    mkdirSync(at);
    // No process can have this number.
    const names = ["file.4194305.tmp", `file.${process.ppid}.tmp`, "file.txt.4194305.tmp", "other.4194305.tmp"];
    for (const name of names) writeFileSync(join(at, name), "x");
    await writeAtomically(join(at, "file"), [Uint8Array.of(1)]);
    expect(readdirSync(at).sort()).toEqual(["file", ...names.slice(1)].sort());
  });

  test("a place that isn't one is an error with the reason", async () => {
    writeFileSync(join(folder, "plain"), "x");
    await expect(writeAtomically(join(folder, "plain", "file"), [new Uint8Array(3)])).rejects.toThrow(
      /3 bytes must be writable there, got E/,
    );
    await expect(writeAtomically(folder, [new Uint8Array(3)])).rejects.toThrow("A file that was there before is unchanged");
  });
});

describe.skipIf(needsBuild())("writeAtomically in a process of its own", () => {
  test("killed at any moment, the file is whole: all old bytes or all new ones", async () => {
    const path = join(folder, "killed");
    // Files of 4 MB, each filled with one number, as fast as they go.
    const body = `for (let i = 0; ; i++) { await writeAtomically(${JSON.stringify(path)}, [new Uint8Array(4e6).fill(i)]); if (i === 0) console.log("ready"); }`;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, program(body), { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
      const bytes = readFileSync(path);
      expect(bytes.length).toBe(4e6);
      expect(bytes.equals(Buffer.alloc(4e6, bytes[0]))).toBe(true);
    }
    await writeAtomically(path, [Uint8Array.of(1)]);
    expect(readdirSync(folder).filter((name) => name.startsWith("killed"))).toEqual(["killed"]);
  });

  test.skipIf(process.platform === "win32")(
    "out of room, the old file stays, nothing is left beside it and the error says why",
    () => {
      const at = join(folder, "full");
      mkdirSync(at);
      const path = join(at, "file");
      writeFileSync(path, "old");
      const body = `await writeAtomically(${JSON.stringify(path)}, [new Uint8Array(3e6)]).catch((error) => { console.log(error.message); process.exitCode = 1; });`;
      // ulimit counts in blocks of 512 or 1024 bytes: 1 MB at most.
      const shell = `ulimit -f 1000; exec "$0" "$@"`;
      const { status, stdout } = spawnSync("sh", ["-c", shell, process.execPath, ...program(body)], { encoding: "utf8" });
      expect(stdout).toContain(`${path}: 3000000 bytes must be writable there, got EFBIG: file too large`);
      expect(stdout).toContain("A file that was there before is unchanged");
      expect(status).toBe(1);
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(readdirSync(at)).toEqual(["file"]);
    },
  );

  const disk = mountTinyDisk(join(folder, "disk"));
  test.skipIf(disk === undefined)("on a full disk (needs a mount: Linux, root) it is the same", async () => {
    const path = join(disk?.path ?? "", "file");
    try {
      writeFileSync(path, "old");
      await expect(writeAtomically(path, [new Uint8Array(3e6)])).rejects.toThrow(/ENOSPC.*The disk is full/s);
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(readdirSync(disk?.path ?? "")).toEqual(["file"]);
    } finally {
      disk?.unmount();
    }
  });
});
