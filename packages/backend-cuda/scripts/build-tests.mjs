/**
 * All that is compiled for tests of CUDA: the addon, the test driver and its libraries, and the driver with AddressSanitizer where the
 * compiler has it. Where there is no compiler, Zig's is fetched first, for this and every later build.
 */
import { buildAddon } from "./build-addon.mjs";
import { buildHostDriver } from "./build-host-driver.mjs";
import { buildHostLibraries } from "./build-host-libraries.mjs";
import { main } from "./compile.mjs";
import { findSanitizer, installedCompiler, localCompiler } from "./compiler.mjs";
import { fetchZig } from "./zig.mjs";

await main(async () => {
  if (!installedCompiler()) fetchZig();
  await buildAddon();
  await buildHostLibraries();
  if (findSanitizer()) await buildHostDriver({ asan: true });
  console.log(localCompiler().command.join(" "));
});
