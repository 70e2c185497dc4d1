import { DeviceError } from "@vertebra/core";

/** WebGPU in Node: the package `webgpu`, which is Dawn. It and what stands here are loaded by nobody in a browser. */
type Create = (options: string[]) => GPU;

/** Fallback adapters say so in browsers; in Node the names are all there is. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|warp/i;

/**
 * Software adapters take 0.2 s for each KiB of workgroup memory to compile what this extension makes of zeroing it; without it Dawn
 * writes the zeros by stores.
 */
const SOFTWARE_OPTION = "disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension";

/** Dawn's objects by the adapter they were made for, one for all who open devices at the same time. */
const instances = new Map<string, Promise<GPU>>();
/** Dawn's objects must outlive all that comes from them: a process whose devices' one was collected crashes. */
const kept: GPU[] = [];

/** Dawn, restricted to the adapter whose name contains `wanted`. @throws DeviceError where the package is missing or broken. */
export function openDawn(wanted: string | undefined): Promise<GPU> {
  const key = wanted ?? "";
  const known = instances.get(key);
  if (known) return known;
  const opening = createFor(wanted);
  instances.set(key, opening);
  // A package or driver that is installed later is found later.
  opening.catch(() => instances.delete(key));
  return opening;
}

async function createFor(wanted: string | undefined): Promise<GPU> {
  const dawn = await importDawn();
  const create: Create = (options) => {
    const created = dawn.create(options);
    kept.push(created);
    return created;
  };
  const options = wanted === undefined ? [] : [`adapter=${await wholeName(create, wanted)}`];
  const first = create(options);
  const adapter = await first.requestAdapter().catch(() => null);
  return adapter && isSoftware(adapter) ? create([...options, SOFTWARE_OPTION]) : first;
}

/** True for an adapter that imitates a GPU on the processor. */
export const isSoftware = (adapter: GPUAdapter): boolean =>
  (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true || SOFTWARE.test(namesOf(adapter));

/** All that an adapter says about itself. */
export const namesOf = ({ info: { vendor, architecture, device, description } }: GPUAdapter): string =>
  [vendor, architecture, device, description].join(" ");

/** Names of the adapters that Dawn lists in an error. */
export const adaptersIn = (error: unknown): string[] =>
  [...String(error).matchAll(/name: '([^']*)'/g)].map(([, name]) => name ?? "");

/** Dawn minds capitals: the adapter's name as it spells it. It lists the names when it is asked for one that can't be. */
async function wholeName(create: Create, wanted: string): Promise<string> {
  const listed = await create(["adapter=\u0001"])
    .requestAdapter()
    .then(() => [], adaptersIn);
  return listed.find((name) => name.toLowerCase().includes(wanted.toLowerCase())) ?? wanted;
}

/** The package is named by a variable: a bundler for browsers must not look for it. */
async function importDawn(name = "webgpu"): Promise<{ create: Create }> {
  try {
    return (await import(/* @vite-ignore */ name)) as { create: Create };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw new DeviceError("webgpu", {
      rule: isMissing
        ? "Node has no WebGPU of its own and the package webgpu is not installed"
        : "the package webgpu can't be loaded",
      ...(!isMissing && { got: error instanceof Error ? error.message : String(error) }),
      fix: "npm install webgpu",
    });
  }
}
