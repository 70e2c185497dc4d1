import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buildHostDriver } from "../scripts/build-host-driver.mjs";
import { buildKernels, spillsIn } from "../scripts/build-kernels.mjs";
import { buildPackage, checkPackage } from "../scripts/build-package.mjs";
import { build, root } from "../scripts/compile.mjs";
import { localCompiler } from "../scripts/compiler.mjs";
import { mergeableSymbols, neededGlibc, neededVersions } from "../scripts/elf.mjs";
import { hasZig } from "../scripts/zig.mjs";

/** Of a thread: what a few numbers that are seldom used take. */
const MOST_SPILLED_BYTES = 64;

const folder = mkdtempSync(join(tmpdir(), "vertebra-cuda-build-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function emptyFolder(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

/** True where a CUDA toolkit is: no machine needs one to run the other tests. */
function hasNvcc(): boolean {
  try {
    execFileSync(process.env.NVCC ?? "nvcc", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasNvcc())(`with nvcc ${hasNvcc() ? "" : "(there is none)"}`, () => {
  test("every kernel compiles for every target, and spills a few registers at most", async () => {
    const spilled = (await buildKernels()).map((line) => [line, Number(line.match(/spills (\d+) bytes/)?.[1])] as const);
    expect(spilled.filter(([, bytes]) => !(bytes <= MOST_SPILLED_BYTES))).toEqual([]);
  }, 600_000);

  test("our declarations of the driver are those of cuda.h", () => {
    const output = execFileSync(process.execPath, [join(root, "scripts/check-driver-abi.mjs")], { encoding: "utf8" });
    expect(output).toBe("");
  });

  test("a package is packed only with all that the sources make, and nothing else", async () => {
    const built = emptyFolder("built");
    await buildPackage({ folder: built, compiler: localCompiler(), isRelease: false });
    const problems = () => {
      try {
        checkPackage({ folder: built });
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    // This machine's own compiler needs this machine's C library; what else there is comes in front.
    expect(problems()).toMatch(/^(vertebra-cuda\.node must need glibc 2\.28 at most, got \d\.\d+\. .*)?$/);
    renameSync(join(built, "fatbin/conv2d.fatbin"), join(built, "fatbin/probes.fatbin"));
    appendFileSync(join(built, "fatbin/fill.fatbin"), "more");
    expect(problems()).toMatch(
      /no fatbin\/conv2d\.fatbin; fatbin\/fill\.fatbin isn't the one .*; fatbin\/probes\.fatbin is of no kernel/,
    );
    writeFileSync(join(built, "built.json"), JSON.stringify({ sources: "others", nvcc: "release 13.2", files: {} }));
    expect(problems()).toMatch(/^built of other sources than there are now; .*by nvcc release 13\.0, got release 13\.2/);
  }, 600_000);

  test("our declarations of cuBLASLt and cuDNN are those of their headers, where these are", () => {
    const folders = (process.env.VERTEBRA_CUDA_INCLUDES ?? "").split(":").filter((folder) => folder !== "");
    const script = join(root, "scripts/check-vendor-abi.mjs");
    const output = execFileSync(process.execPath, [script, ...folders], { encoding: "utf8" });
    expect(output).toMatch(/^(no (cublasLt|cudnn)\.h\n)*$/);
  });

  const isPortable = `what is published runs on glibc 2.28, as Node does${hasZig() ? "" : " (Zig isn't fetched)"}`;
  test.skipIf(!hasZig())(
    isPortable,
    async () => {
      const built = emptyFolder("portable");
      await buildPackage({ folder: built, isRelease: false });
      const [major = 0, minor = 0] = neededGlibc(join(built, "vertebra-cuda.node")) ?? [];
      expect(major * 100 + minor).toBeLessThanOrEqual(228);
      checkPackage({ folder: built });
    },
    600_000,
  );
});

test("a package isn't packed before it is built", () => {
  expect(() => checkPackage({ folder: emptyFolder("empty") })).toThrow(/^not built: no built\.json\. Build it/);
});

test("what users run says what is to be installed, and where nothing can be written", () => {
  const own = emptyFolder("own");
  for (const part of ["package.json", "scripts", "native"]) cpSync(join(root, part), join(own, part), { recursive: true });
  const said = () => spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: own, encoding: "utf8" });
  const missing = "the headers are missing: npm install node-addon-api node-api-headers\n";
  expect(said()).toMatchObject({ status: 1, stdout: "", stderr: missing });
  rmSync(join(own, "build"), { recursive: true });
  writeFileSync(join(own, "build"), "");
  expect(said()).toMatchObject({ status: 1, stderr: expect.stringMatching(/build must be writable, got EEXIST\. Build as/) });
});

const hasBinutils = process.platform === "linux" && spawnSync("objdump", ["--version"]).status === 0;
describe.skipIf(!hasBinutils)(`ELF files ${hasBinutils ? "" : "(there is no objdump)"}`, () => {
  test("need the versions that objdump names", () => {
    const listed = execFileSync("objdump", ["-p", process.execPath], { encoding: "utf8" });
    const needs = listed.slice(listed.indexOf("Version References"));
    const names = [...needs.matchAll(/^\s+0x\w+ 0x\w+ \d+ (\S+)$/gm)].map(([, name]) => name);
    expect(neededVersions(process.execPath).sort()).toEqual(names.sort());
    expect(names.length).toBeGreaterThan(0);
  });

  test("have the symbols to merge that nm marks as weak or unique", async () => {
    await buildHostDriver();
    const object = join(
      build,
      "objects",
      readdirSync(join(build, "objects")).find((name) => name.startsWith("conv2d.cu.")) ?? "",
    );
    const listed = execFileSync("nm", ["-S", "--defined-only", object], { encoding: "utf8" });
    const symbols = [...listed.matchAll(/^\w+ (\w+) [WVu] (.+)$/gm)].map(([, bytes, name]) => `${name} ${Number(`0x${bytes}`)}`);
    expect(
      mergeableSymbols(object)
        .map(({ name, bytes }) => `${name} ${bytes}`)
        .sort(),
    ).toEqual(symbols.sort());
    expect(symbols.length).toBeGreaterThan(0);
  });
});

test("a spill is told with its kernel, target and sizes", () => {
  const report = `ptxas info    : Compiling entry function 'fillKernel' for 'sm_80'
ptxas info    : Function properties for fillKernel
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Compiling entry function 'matmulKernel' for 'sm_100'
ptxas info    : Function properties for matmulKernel
    64 bytes stack frame, 40 bytes spill stores, 24 bytes spill loads`;
  expect(spillsIn(report)).toEqual(["matmulKernel for sm_100 spills 40 bytes and loads 24"]);
});
