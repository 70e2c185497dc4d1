/** Compares native/driver.h with the toolkit's cuda.h, by compiling native/test/driver-abi.cc: says nothing where they agree. */
import { execFileSync } from "node:child_process";
import { root } from "./compile.mjs";

const args = "-x c++ -std=c++17 -Xcompiler -Wall,-Wextra,-Werror,-fsyntax-only -c native/test/driver-abi.cc -o /dev/null".split(
  " ",
);
try {
  execFileSync(process.env.NVCC ?? "nvcc", args, { cwd: root, stdio: "inherit" });
} catch {
  process.exitCode = 1;
}
