import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { unpackChromium } from "../../../scripts/packaged-chromium.mjs";

const SOFTWARE = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/** On Linux Chromium shows a GPU to WebGPU only over Vulkan, and headless without a surface. */
const GPU = {
  linux: ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--use-angle=vulkan", "--disable-vulkan-surface"],
};
const SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Headless Chromium: the one that CHROMIUM_PATH names, else the system's, else the one in npm's `@sparticuz/chromium`.
 * @param {{ isOnGpu: boolean }} options without a GPU, WebGPU runs on Chromium's software adapter
 */
export async function launchChromium({ isOnGpu }) {
  const adapterArgs = isOnGpu ? (GPU[process.platform] ?? []) : SOFTWARE;
  const { args = [], ...options } = find();
  return chromium.launch({ ...options, args: [...args, ...adapterArgs] });
}

function find() {
  const executablePath = process.env.CHROMIUM_PATH ?? SYSTEM_NAMES.map(onPath).find(Boolean);
  if (executablePath) return { executablePath };
  if (process.platform !== "linux") return { channel: "chrome" };
  const packaged = unpackChromium();
  // One process for GPU and browser: its own sandbox and GPU process ask for what containers refuse.
  const args = ["--in-process-gpu", "--no-zygote"];
  return { executablePath: packaged.executablePath, env: { ...process.env, ...packaged.env }, args };
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
