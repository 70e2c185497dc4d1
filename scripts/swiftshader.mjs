// `pnpm swiftshader COMMAND…`: runs a command, such as `vertebra parity --device webgpu`, on a software GPU out of npm: for machines
// without a GPU or driver. Tests call `offerSwiftshader` instead.
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { unpackChromium } from "./packaged-chromium.mjs";

/** RTLD_NODELETE: a library stays although Node, which takes it for an addon, closes it again. */
const NODELETE = 0x1000;
let isOffered = false;

/** Gives this process the software Vulkan driver; to be called before the first device is asked for. @throws where there is none. */
export function offerSwiftshader() {
  if (isOffered) return;
  isOffered = true;
  const { folder, env } = unpackChromium();
  process.env.VK_DRIVER_FILES = env.VK_DRIVER_FILES;
  try {
    // Dawn asks for libvulkan.so.1 by name, and gets the one that is there already.
    process.dlopen({ exports: {} }, join(folder, "libvulkan.so.1"), constants.dlopen.RTLD_NOW | NODELETE);
  } catch {
    // It is no addon, which is what is said here.
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { folder, env } = unpackChromium();
  const [program, ...args] = process.argv.slice(2);
  const paths = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const { status, error } = spawnSync(program, args, {
    stdio: "inherit",
    env: { ...process.env, LD_LIBRARY_PATH: paths, VK_DRIVER_FILES: env.VK_DRIVER_FILES },
  });
  if (error) console.error(error.message);
  process.exitCode = status ?? 1;
}
