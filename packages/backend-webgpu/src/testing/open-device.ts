import { offerSwiftshader } from "../../../../scripts/swiftshader.mjs";
import type { Opened } from "../../../../tests/on-device/opened";
import { type WebgpuOptions, webgpu } from "../index";

/**
 * A device for tests, or why there is none: a real GPU where WEBGPU_ADAPTER names one, else the software adapter out of npm.
 * @throws where there is none and PARITY_REQUIRE is set.
 */
export async function openForTests(options: WebgpuOptions = {}): Promise<Opened> {
  try {
    if (process.env.WEBGPU_ADAPTER === undefined) offerSwiftshader();
    const adapter = process.env.WEBGPU_ADAPTER ?? "swiftshader";
    return { device: await webgpu({ adapter, ...options }).open() };
  } catch (error) {
    if (process.env.PARITY_REQUIRE) throw error;
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
