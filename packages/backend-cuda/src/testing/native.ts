import { buildAddon } from "../../scripts/build-addon.mjs";
import { buildHostDriver } from "../../scripts/build-host-driver.mjs";
import type { KernelInfo } from "../addon";
import { Batch, type EncodedLaunch } from "../batch";
import { imageFor, symbolOf } from "../images";
import { type Loaded, requireAddon } from "../native";

/** The addon with a driver, or why there is none. */
export type Prepared = (Loaded & { readonly reason?: undefined }) | { readonly native?: undefined; readonly reason: string };

/**
 * With the driver that VERTEBRA_CUDA_DRIVER names, else the test driver. @throws where that can't be built and PARITY_REQUIRE is set.
 */
export async function prepareForTests(): Promise<Prepared> {
  const wanted = process.env.VERTEBRA_CUDA_DRIVER;
  return wanted && wanted !== "host" ? prepare(wanted) : prepareHost();
}

/** With the test driver. */
export const prepareHost = (): Promise<Prepared> => prepare("host");

async function prepare(driver: string): Promise<Prepared> {
  try {
    await buildAddon();
    return { ...requireAddon(), driver: driver === "host" ? await buildHostDriver() : driver };
  } catch (error) {
    if (process.env.PARITY_REQUIRE && isSuited) throw error;
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The test driver is written for this processor. */
const isSuited = `${process.platform} ${process.arch}` === "linux x64";

/** What a test says of a launch. */
type TestLaunch = Partial<Omit<EncodedLaunch, "kernel">>;

/** One open device with shorter words for what tests do all the time. */
export class TestDevice {
  readonly device: number;
  readonly #found = new Map<string, KernelInfo>();
  readonly #modules = new Map<string, number>();

  constructor(
    readonly loaded: Loaded,
    ordinal = 0,
  ) {
    this.device = loaded.native.open(loaded.driver, ordinal).device;
  }

  get native(): Loaded["native"] {
    return this.loaded.native;
  }

  kernel(name: string, module = "probes"): KernelInfo {
    const key = `${module} ${name}`;
    const known = this.#found.get(key);
    if (known) return known;
    const found = this.native.findKernel(this.device, this.#module(module), symbolOf(name));
    this.#found.set(key, found);
    return found;
  }

  upload(values: readonly number[] | Float32Array): { readonly buffer: number; readonly address: number } {
    const array = Float32Array.from(values);
    const made = this.native.alloc(this.device, array.byteLength);
    this.native.write(this.device, made.buffer, 0, new Uint8Array(array.buffer));
    return made;
  }

  async values(buffer: number, elements: number): Promise<number[]> {
    const bytes = await this.native.read(this.device, buffer, 0, elements * 4);
    return Array.from(new Float32Array(bytes.buffer, bytes.byteOffset, elements));
  }

  batch(launches: readonly (readonly [kernel: string, launch: TestLaunch, module?: string | undefined])[]): Uint8Array {
    const batch = new Batch();
    for (const [name, launch, module] of launches) {
      const { kernel } = this.kernel(name, module);
      batch.add({ grid: [1, 1, 1], block: [1, 1, 1], addresses: [], words: [], ...launch, kernel });
    }
    return batch.bytes;
  }

  launch(kernel: string, launch: TestLaunch, module?: string): void {
    this.native.launch(this.device, this.batch([[kernel, launch, module]]));
  }

  #module(name: string): number {
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const [info] = this.native.devices(this.loaded.driver);
    if (!info) throw new Error("the driver has no device");
    const module = this.native.loadModule(this.device, imageFor(info, this.loaded, name));
    this.#modules.set(name, module);
    return module;
  }
}
