import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder } from "../testing/vendor-folder";
import { versionText } from "./loaded-libraries";
import { candidatesFor, triedFor } from "./search";

function folderWith(...paths: readonly string[]): string {
  const folder = emptyFolder();
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  return folder;
}

test("only the folders that are named are searched, newer versions first", () => {
  const [old, both] = [folderWith("libcublasLt.so.12"), folderWith("libcublasLt.so.12", "libcublasLt.so.13")];
  const env = { VERTEBRA_CUDA_LIBRARIES: `${old}:${both}` };
  const expected = [join(both, "libcublasLt.so.13"), join(old, "libcublasLt.so.12"), join(both, "libcublasLt.so.12")];
  expect(candidatesFor("cuBLASLt", { env })).toEqual(expected);
  expect([candidatesFor("cuDNN", { env }), triedFor("cuDNN", { env })]).toEqual([[], `no libcudnn.so.9 in ${old}:${both}`]);
});

test("else the system's loader is asked, then toolkits and wheels", () => {
  const site = "lib/python3.12/site-packages/nvidia";
  const venv = folderWith(`${site}/cudnn/lib/libcudnn.so.9`, `${site}/cu13/lib/libcublasLt.so.13`);
  const toolkit = folderWith("lib64/libcublasLt.so.12");
  const env = { VIRTUAL_ENV: venv, CUDA_HOME: toolkit };
  expect(candidatesFor("cuDNN", { env })).toEqual(
    expect.arrayContaining(["libcudnn.so.9", join(venv, site, "cudnn/lib/libcudnn.so.9")]),
  );
  const candidates = candidatesFor("cuBLASLt", { env });
  expect(candidates.slice(0, 2)).toEqual(["libcublasLt.so.13", "libcublasLt.so.12"]);
  expect(candidates.slice(2)).toEqual(
    expect.arrayContaining([join(venv, site, "cu13/lib/libcublasLt.so.13"), join(toolkit, "lib64/libcublasLt.so.12")]),
  );
});

test("versions are written as people do", () => {
  expect([130_101, 120_300, 92_400].map(versionText)).toEqual(["13.1.1", "12.3.0", "9.24.0"]);
});
