import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, inject, it } from "vitest";
import { buildAddon } from "../../packages/backend-cuda/scripts/build-addon.mjs";
import { buildHostDriver } from "../../packages/backend-cuda/scripts/build-host-driver.mjs";

const run = promisify(execFile);
const PACKAGE = join(import.meta.dirname, "../../packages/backend-cuda-linux-x64");
const ADDON = "vertebra-cuda.node";
const folder = mkdtempSync(join(tmpdir(), "vertebra-cuda-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Why the addon can't be built here, in words. */
async function reasonForNone(): Promise<string> {
  try {
    await buildAddon();
    return "";
  } catch (error) {
    if (process.env.PARITY_REQUIRE) throw error;
    return (error as Error).message;
  }
}

const noAddon = await reasonForNone();

describe.skipIf(noAddon)(`@vertebra/backend-cuda and its package for the platform, from tarballs ${noAddon}`, () => {
  it("finds the addon there, and runs without a compiler", async () => {
    const [staged, project] = ["staged", "project"].map((name) => join(folder, name)) as [string, string];
    for (const made of [staged, project]) mkdirSync(made);
    // Without kernels, which need nvcc: the test driver has its own.
    for (const name of ["package.json", "README.md"]) cpSync(join(PACKAGE, name), join(staged, name));
    cpSync(await buildAddon(), join(staged, ADDON));
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", project], { cwd: staged });
    for (const name of readdirSync(inject("installed")).filter((file) => /vertebra-(core|backend-cuda)-.*\.tgz$/.test(file)))
      cpSync(join(inject("installed"), name), join(project, name));
    const tarballs = readdirSync(project).map((name) => `./${name}`);
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...tarballs], { cwd: project });
    writeFileSync(join(project, "run.js"), PROGRAM);
    const env = { PATH: "/nowhere", VERTEBRA_CUDA_DRIVER: await buildHostDriver() };
    const { stdout } = await run(process.execPath, ["run.js"], { cwd: project, env });
    expect(JSON.parse(stdout)).toEqual({
      adapter: "host test driver, compute capability 8.0",
      y: [0, 2],
      addons: [join(project, "node_modules/@vertebra/backend-cuda-linux-x64", ADDON)],
    });
  });
});

const PROGRAM = `
import { cuda } from "@vertebra/backend-cuda";
import { relu, tensor } from "@vertebra/core";
const device = await cuda().open();
const y = [...await relu(tensor([-1, 2], { device })).data()];
const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith(".node"));
console.log(JSON.stringify({ adapter: device.adapter, y, addons }));
await device.close();
`;
