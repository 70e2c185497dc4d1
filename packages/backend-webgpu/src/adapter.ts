import { DeviceError } from "@vertebra/core";
import { adaptersIn, isSoftware, namesOf, openDawn } from "./dawn";
import type { WebgpuOptions } from "./options";

/** An adapter that answered, and what keeps its API alive. */
export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  /** For people: `NVIDIA ampere, 0x2204`, or what the driver calls itself. */
  readonly name: string;
  /** It imitates a GPU on the processor. */
  readonly isSoftware: boolean;
}

const WHERE = "webgpu";
/**
 * The adapter that the options ask for: the browser's, or in Node that of the `webgpu` package.
 * @throws DeviceError with the reason and the fix.
 */
export async function findAdapter({ powerPreference, adapter: wanted }: WebgpuOptions): Promise<FoundAdapter> {
  const gpu = await findGpu(wanted);
  const isBrowser = gpu === navigatorGpu();
  const found: FoundAdapter[] = [];
  for (const forceFallbackAdapter of [false, true]) {
    const options = { ...(powerPreference && { powerPreference }), forceFallbackAdapter };
    const adapter = await gpu.requestAdapter(options).catch((error: unknown) => {
      // In Node an adapter that isn't there is an error that lists those that are.
      throw noAdapter(adaptersIn(error), wanted);
    });
    if (!adapter) continue;
    const description = describe(adapter);
    found.push(description);
    if (wanted === undefined || !isBrowser || namesOf(adapter).toLowerCase().includes(wanted.toLowerCase())) return description;
  }
  throw noAdapter(
    found.map(({ name }) => name),
    wanted,
  );
}

const navigatorGpu = (): GPU | undefined => (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;

/** `navigator.gpu`, or the `webgpu` package where there is none. */
async function findGpu(wanted: string | undefined): Promise<GPU> {
  const gpu = navigatorGpu();
  if (gpu) return gpu;
  if (typeof process === "undefined" || !process.versions?.node) {
    throw new DeviceError(WHERE, {
      rule: "the page must have navigator.gpu",
      got: "none",
      fix: "Use a browser with WebGPU, over https or localhost",
    });
  }
  return openDawn(wanted);
}

function describe(adapter: GPUAdapter): FoundAdapter {
  const { vendor, architecture, device, description } = adapter.info;
  // Dawn's `device` is the GPU's name, a browser's is empty or a number; `description` is the driver's.
  const named = /[a-z]{2}/i.test(device) ? device.replace(/-+$/, "") : [vendor, architecture, device].filter(Boolean).join(" ");
  const name = [named, description && named ? `(${description})` : description].filter(Boolean).join(" ");
  return { adapter, name: name || "unnamed adapter", isSoftware: isSoftware(adapter) };
}

function noAdapter(found: readonly string[], wanted: string | undefined): DeviceError {
  if (wanted !== undefined && found.length > 0) {
    return new DeviceError(WHERE, {
      rule: `an adapter's name must contain "${wanted}"`,
      got: found.join(", "),
      fix: "Leave the name away to take what there is",
    });
  }
  const isNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  return new DeviceError(WHERE, {
    rule: "there must be a GPU with a driver that WebGPU can use",
    got: "no adapter",
    fix: isNode ? "On Linux install the GPU's Vulkan driver and libvulkan1" : "Look at chrome://gpu for what the browser says",
  });
}
