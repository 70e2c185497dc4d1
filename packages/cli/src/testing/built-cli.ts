import { existsSync } from "node:fs";

/** What tests of whole processes start: Node can't run the sources. */
export const CLI_MODULE = new URL("../../dist/index.js", import.meta.url).href;
export const HUB_MODULE = new URL("../../dist/hub.js", import.meta.url).href;
export const CLI_BIN = new URL("../../bin/vertebra.mjs", import.meta.url).pathname;

/** True where there is no build to start. In CI there is one, and a missing one fails. */
export const needsBuild = (module = CLI_MODULE): boolean => !existsSync(new URL(module)) && !process.env.PARITY_REQUIRE;
