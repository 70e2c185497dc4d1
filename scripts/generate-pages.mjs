// Writes the generated pages. Needs a build: they are made from what users get.
import { writeFileSync } from "node:fs";
import { pages } from "./pages.mjs";

for (const [path, text] of Object.entries(pages())) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(path);
}
