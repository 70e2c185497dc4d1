/**
 * Compares native/vendor/cublaslt.h and cudnn.h with NVIDIA's headers, by compiling native/test/cublaslt-abi.cc and cudnn-abi.cc: says
 * nothing where they agree, and which headers aren't there. They are looked for in the toolkit and in the folders that are named, which
 * wheels call nvidia/cu13/include and nvidia/cudnn/include: `node scripts/check-vendor-abi.mjs folder …`.
 */
import { spawnSync } from "node:child_process";
import { root } from "./compile.mjs";

const includes = process.argv.slice(2).flatMap((folder) => ["-isystem", folder]);
const flags = "-x c++ -std=c++17 -Xcompiler -Wall,-Wextra,-Werror,-fsyntax-only -o /dev/null".split(" ");

for (const [test, header] of [
  ["cublaslt-abi.cc", "cublasLt.h"],
  ["cudnn-abi.cc", "cudnn.h"],
]) {
  const args = [...flags, ...includes, "-c", `native/test/${test}`];
  const { status, stderr } = spawnSync(process.env.NVCC ?? "nvcc", args, { cwd: root, encoding: "utf8" });
  if (status === 0) continue;
  if (stderr?.includes(`${header}: No such file`)) process.stdout.write(`no ${header}\n`);
  else {
    process.stderr.write(stderr ?? "no nvcc\n");
    process.exitCode = 1;
  }
}
