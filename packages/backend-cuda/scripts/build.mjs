/** Builds the addon and the kernels in this package's folder, for a machine that no prebuilt package is for. Users run it by its path. */
import { buildAddon } from "./build-addon.mjs";
import { buildKernels, fatbins } from "./build-kernels.mjs";
import { main, requireWritable } from "./compile.mjs";

await main(async () => {
  requireWritable();
  console.log(await buildAddon());
  await buildKernels();
  console.log(fatbins);
});
