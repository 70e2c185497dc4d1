import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpackChromium } from "../scripts/packaged-chromium.mjs";

/** Inside the tree, so that the package `webgpu` is found. */
const WORK = join(import.meta.dirname, ".webgpu-process");
const MODULE = `export * from "@vertebra/core"; export * from "@vertebra/backend-webgpu";`;
const TIMEOUT_MS = 50_000;

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
import { add, full, matmul, OutOfMemoryError, Scope, sum, tensor, webgpu } from "./vertebra.mjs";
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

  // The software GPU's memory is its process's, which Linux can bound; a real one's would be missing everywhere.
  describe.skipIf(process.env.WEBGPU_ADAPTER || process.platform !== "linux")("without memory", () => {
    it("say so in numbers, give back what they keep, and go on", async () => {
      const { code, stdout, stderr } = await run(OUT_OF_MEMORY, ADDRESS_SPACE_MB);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      // Dawn itself says something before.
      const { error, ...report } = JSON.parse(stdout.split("\n").at(-1) ?? "");
      expect(error).toMatch(/^webgpu: swiftshader.* must have room, got 671088640 bytes asked, \d+ bytes in \d+ buffers in use/);
      expect(error).toMatch(/ and 40\d{7} bytes idle, given back now: .*\. Free tensors, or use a smaller batch/);
      expect(report).toEqual({
        before: [6, 6, 6, 6],
        isOutOfMemory: true,
        afterwards: "none",
        kept: [1, 2, 3],
        goesOn: [6, 6, 6, 6],
        op: "OutOfMemoryError",
        result: expect.stringMatching(
          /^DeviceError: read: arguments must have values, but these were lost with work that failed before/,
        ),
        upload: "OutOfMemoryError",
        freed: [2 ** 24, true],
        uploaded: 2,
        end: [6, 6, 6, 6],
      });
    });
  });
});

/** Addresses that the process may use. It takes some 1.3 GB itself, and what is left for tensors is never touched. */
const ADDRESS_SPACE_MB = 4000;

const OUT_OF_MEMORY = `
import { readFileSync } from "node:fs";
const MB = 2 ** 20;
const values = new Float32Array((384 * MB) / 4);
values[values.length - 1] = 2;
const device = await open();
const held = [];

/** Takes all but some memory, so that what is asked for next fits or doesn't for sure, and the process itself has enough. */
async function leave(megabytes) {
  const used = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  let spare = ${ADDRESS_SPACE_MB} - used - megabytes;
  for (let part = 512; part >= 64; part /= 2) {
    for (; spare >= part; spare -= part) held.push(device.allocate(part * MB));
  }
  await device.sync();
}

async function check() {
  const s = new Scope(undefined);
  const product = s.run(() => matmul(full([2, 3], 1, { device }), full([3, 2], 2, { device })));
  const result = Array.from(await product.data());
  s.end();
  return result;
}
const errorOf = (fn) => fn().then(() => "none", (error) => error);

const report = { before: await check() };
const kept = tensor([1, 2, 3], { device });
await device.sync();

const idle = device.allocate(384 * MB);
await leave(300);
device.release(idle);
const refused = device.allocate(640 * MB);
const error = await errorOf(() => device.sync());
Object.assign(report, { error: error.message, isOutOfMemory: error instanceof OutOfMemoryError });
// What was idle is there for another size.
held.push(device.allocate(320 * MB));
report.afterwards = await errorOf(() => device.sync());
report.kept = Array.from(await kept.data());
report.goesOn = await check();

await leave(300);
const result = full([(640 * MB) / 4], 3, { device });
report.op = (await errorOf(() => result.data())).name;
report.result = String(await errorOf(() => result.data()));
const s = new Scope(undefined);
report.upload = (await errorOf(async () => s.run(() => tensor(values, { device })))).name;
s.end();
result.dispose();
for (const one of [refused, ...held]) device.release(one);
await errorOf(() => device.sync());

const large = full([(64 * MB) / 4], 1, { device });
const ones = await large.data();
report.freed = [ones.length, ones.every((one) => one === 1)];
const uploaded = tensor(values, { device });
report.uploaded = await sum(uploaded).item();
large.dispose();
uploaded.dispose();
report.end = await check();
console.log(JSON.stringify(report));
`;
