import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpackChromium } from "../scripts/packaged-chromium.mjs";

/** Inside the tree, so that the package `webgpu` is found. */
const WORK = join(import.meta.dirname, ".webgpu-process");
const MODULE = `export * from "@vertebra/core"; export * from "@vertebra/backend-webgpu";`;
const TIMEOUT_MS = 30_000;

/** What a process needs to find a GPU: nothing for a real one, named by WEBGPU_ADAPTER, else the software one out of npm. */
type Found =
  | { readonly env: NodeJS.ProcessEnv; readonly reason?: undefined }
  | { readonly env?: undefined; readonly reason: string };

function findGpu(): Found {
  if (process.env.WEBGPU_ADAPTER) return { env: {} };
  try {
    const { folder, env } = unpackChromium();
    return { env: { VK_DRIVER_FILES: env.VK_DRIVER_FILES, LD_LIBRARY_PATH: folder } };
  } catch (error) {
    if (process.env.PARITY_REQUIRE) throw error;
    return { reason: String(error) };
  }
}

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const HEAD = `
import { add, full, matmul, OutOfMemoryError, Scope, tensor, webgpu } from "./vertebra.mjs";
const open = () => webgpu({ adapter: process.env.WEBGPU_ADAPTER }).open();
`;
const OPENED = `const device = await open();\nconst x = tensor([1, 2], { device });\nconst y = add(x, 1);\n`;

const found = findGpu();
const environment = { ...process.env, NODE_OPTIONS: "", ...found.env };
let scripts = 0;

/** Runs \`code\` as a program of its own, to its end; \`megabytes\` bounds its address space, as \`ulimit -v\` does. */
function run(code: string, megabytes?: number): Promise<Ended> {
  const script = join(WORK, `${scripts++}.mjs`);
  writeFileSync(script, HEAD + code);
  const [file, args] =
    megabytes === undefined
      ? [process.execPath, [script]]
      : ["sh", ["-c", `ulimit -v ${megabytes * 1024}; exec "$0" "$1"`, process.execPath, script]];
  return new Promise((resolve) => {
    execFile(file, args, { env: environment, timeout: TIMEOUT_MS }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, stdout: stdout.trim(), stderr: stderr.trim() }),
    );
  });
}

describe.skipIf(found.reason)(`processes with WebGPU ${found.reason ?? ""}`, () => {
  beforeAll(async () => {
    mkdirSync(WORK, { recursive: true });
    await esbuild.build({
      stdin: { contents: MODULE, resolveDir: join(import.meta.dirname, "..") },
      bundle: true,
      format: "esm",
      platform: "neutral",
      conditions: ["@vertebra/source"],
      loader: { ".wgsl": "text" },
      outfile: join(WORK, "vertebra.mjs"),
    });
  });
  afterAll(() => rmSync(WORK, { recursive: true, force: true }));

  /** How it ends: with nothing on stderr, unless a pattern says what stands there. */
  const ends: readonly [name: string, code: string, exit: number, stdout: string, stderr?: RegExp][] = [
    ["by itself, the device left open", `${OPENED} console.log(await y.data());`, 0, "Float32Array(2) [ 2, 3 ]"],
    ["by itself, with work that nobody waits for", `${OPENED} for (let i = 0; i < 300; i++) add(y, i);`, 0, ""],
    ["with the device closed", `${OPENED} await y.data(); await device.close(); console.log("closed");`, 0, "closed"],
    ["by process.exit while a read waits", `${OPENED} y.data(); process.exit(3);`, 3, ""],
    ["by process.exit behind a read", `${OPENED} y.data().then(() => process.exit(4));`, 4, ""],
    ["by an error while a read waits", `${OPENED} y.data(); throw new Error("boom");`, 1, "", /Error: boom/],
    ["by a rejection", `${OPENED} await device.close(); y.data();`, 1, "", /DeviceError: webgpu: the device must be open/],
    [
      "after ten devices, opened and closed in turn",
      `for (let i = 0; i < 10; i++) {
         ${OPENED} console.log((await add(y, i).data())[0]);
         await device.close();
       }`,
      0,
      Array.from({ length: 10 }, (_, i) => i + 2).join("\n"),
    ],
    [
      "with ten devices left open",
      `const devices = await Promise.all(Array.from({ length: 10 }, open));
       const values = await Promise.all(devices.map((device, i) => add(tensor([i], { device }), 1).data()));
       console.log(values.map(([value]) => value).join());`,
      0,
      "1,2,3,4,5,6,7,8,9,10",
    ],
  ];
  it.each(ends)("end %s", async (_, code, exit, stdout, stderr = /^$/) => {
    const ended = await run(code);
    expect(ended).toEqual({ code: exit, stdout, stderr: expect.stringMatching(stderr) });
  });

  describe.skipIf(process.env.WEBGPU_ADAPTER ?? process.platform !== "linux")("without memory", () => {
    it("say so in numbers, give back what they keep, and go on", async () => {
      const { code, stdout, stderr } = await run(OUT_OF_MEMORY, ADDRESS_SPACE_MB);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      // Dawn itself says something before.
      const { error, ...report } = JSON.parse(stdout.split("\n").at(-1) ?? "");
      expect(error).toMatch(/^webgpu: swiftshader.* must have room, got 335544320 bytes asked, \d+ bytes in \d+ buffers in use/);
      expect(error).toMatch(/ and 40\d{7} bytes idle, given back now: .*\. Free tensors, or use a smaller batch/);
      expect(report).toEqual({
        before: [6, 6, 6, 6],
        isOutOfMemory: true,
        ranOut: true,
        // What was idle is there for another size.
        afterwards: 384 * 2 ** 20,
        kept: [1, 2, 3],
        goesOn: [6, 6, 6, 6],
        op: "OutOfMemoryError",
        result: expect.stringMatching(
          /^DeviceError: read: arguments must have values, but these were lost with work that failed before/,
        ),
        upload: "OutOfMemoryError",
        freed: [2 ** 26, 1],
        uploaded: 2 ** 25,
        buffers: 0,
        bytes: 0,
        end: [6, 6, 6, 6],
      });
    });
  });
});

/** A process with a software device takes some 1.2 GB of addresses; what is left is for tensors, which are never touched. */
const ADDRESS_SPACE_MB = 4000;

const OUT_OF_MEMORY = `
const device = await open();
const MB = 2 ** 20;
const check = async () => {
  const s = new Scope(undefined);
  const values = await s.run(() => matmul(full([2, 3], 1, { device }), full([3, 2], 2, { device }))).data();
  s.end();
  return Array.from(values);
};
const errorOf = (fn) => fn().then(() => "none", (error) => error);
const report = { before: await check() };
const kept = tensor([1, 2, 3], { device });
await device.sync();
const { buffers, bytesInUse } = device.memory();

// Two buffers that nobody needs, of a size that nobody asks for.
const idle = [device.allocate(192 * MB), device.allocate(192 * MB)];
const held = [];
const exhaust = (megabytes) => errorOf(async () => {
  while (held.length < 100) {
    held.push(device.allocate(megabytes * MB));
    await device.sync();
  }
});
for (const one of idle) device.release(one);
const error = await exhaust(320);
Object.assign(report, { error: error.message, isOutOfMemory: error instanceof OutOfMemoryError, ranOut: held.length > 2 });
// The last has no memory.
device.release(held.pop());
const another = device.allocate(384 * MB);
await device.sync();
held.push(another);
report.afterwards = another.bytes;
report.kept = Array.from(await kept.data());
report.goesOn = await check();

const values = new Float32Array(64 * MB / 4).fill(2);
await exhaust(64);
const result = full([64 * MB / 4], 3, { device });
report.op = (await errorOf(() => result.data())).name;
report.result = String(await errorOf(() => result.data()));
report.upload = (await errorOf(async () => tensor(values, { device }))).name;
for (const one of held) device.release(one);
result.dispose();
await errorOf(() => device.sync());
const large = full([64 * MB], 1, { device });
report.freed = [(await large.data()).length, (await large.data())[2 ** 26 - 1]];
large.dispose();
const uploaded = tensor(values, { device });
report.uploaded = (await uploaded.data()).reduce((sum, value) => sum + value, 0);
uploaded.dispose();
report.end = await check();
report.buffers = device.memory().buffers - buffers;
report.bytes = device.memory().bytesInUse - bytesInUse;
console.log(JSON.stringify(report));
`;
