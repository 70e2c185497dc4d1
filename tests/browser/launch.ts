import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";
import { unpackChromium } from "../../scripts/packaged-chromium.mjs";

export interface ChromiumOptions {
  /** Chromium's software adapter as the page's `navigator.gpu`; needs no GPU, driver or root. Default: no WebGPU. */
  readonly webgpu?: "swiftshader";
  readonly args?: readonly string[];
}

/** A running browser, or why there is none. */
export type Chromium =
  | { readonly browser: Browser; readonly origin: string }
  | { readonly browser: undefined; readonly reason: string };

/** The last as in the backend (dawn.ts): kernels with workgroup memory compile many times faster. */
const SWIFTSHADER = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
];
const SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const START_TIMEOUT_MS = 20_000;

/**
 * Starts a headless Chromium: the one that CHROMIUM_PATH names and no other; or the first that starts of the system's and the
 * one in npm's `@sparticuz/chromium`. `describe.skipIf(!chromium.browser)` is the caller's.
 * @throws where none starts and PARITY_REQUIRE is set.
 */
export async function launchChromium({ webgpu, args = [] }: ChromiumOptions = {}): Promise<Chromium> {
  const reasons: string[] = [];
  for (const [origin, find] of candidates()) {
    try {
      const options = find();
      if (!options) continue;
      const browser = await chromium.launch({
        timeout: START_TIMEOUT_MS,
        ...options,
        args: [...(options.args ?? []), ...(webgpu ? SWIFTSHADER : []), ...args],
      });
      return { browser, origin };
    } catch (error) {
      reasons.push(`${origin}: ${String(error).split("\n").slice(0, 3).join(" ")}`);
    }
  }
  const reason = `no Chromium starts (${reasons.join("; ") || "none found"}). Name one in CHROMIUM_PATH`;
  if (process.env.PARITY_REQUIRE) throw new Error(reason);
  return { browser: undefined, reason };
}

type Candidate = readonly [origin: string, find: () => LaunchOptions | undefined];

function candidates(): Candidate[] {
  const named = process.env.CHROMIUM_PATH;
  if (named) return [["CHROMIUM_PATH", () => ({ executablePath: named })]];
  return [
    ...SYSTEM_NAMES.map((name): Candidate => [name, () => onPath(name)]),
    ["@sparticuz/chromium", packaged],
    // Where Chrome is not on PATH: macOS and Windows.
    ["Google Chrome", () => (process.platform === "linux" ? undefined : { channel: "chrome" })],
  ];
}

function onPath(name: string): LaunchOptions | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const executablePath = join(folder, name);
    try {
      accessSync(executablePath, constants.X_OK);
      return { executablePath };
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** One process for GPU and browser: its own sandbox and GPU process ask for what containers refuse. */
function packaged(): LaunchOptions {
  const { executablePath, env } = unpackChromium();
  return { executablePath, env: { ...process.env, ...env } as Record<string, string>, args: ["--in-process-gpu", "--no-zygote"] };
}
