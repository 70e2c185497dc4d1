import { defineConfig } from "tsup";
import { library } from "../../tsup.base";

// sharp is optional: found, or missed, when an image is to be read.
export default defineConfig({
  ...library({ index: "src/index.ts", hub: "src/hub/index.ts", svg: "src/svg/index.ts" }),
  external: [/^node:/, "sharp"],
});
