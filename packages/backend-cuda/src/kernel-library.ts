import type { DeviceInfo } from "./addon";
import { imageFor, symbolOf } from "./images";
import type { KernelName } from "./launch";
import type { Loaded } from "./native";

/** The device's kernels by name; a module is loaded when the first of its kernels is asked for. */
export class KernelLibrary {
  readonly #modules = new Map<string, number>();
  readonly #kernels = new Map<string, number>();

  constructor(
    readonly loaded: Loaded,
    readonly device: number,
    readonly info: DeviceInfo,
  ) {}

  /** The addon's number of a kernel. @throws DeviceError if it isn't there. */
  get({ module, name }: KernelName): number {
    const key = `${module}/${name}`;
    const known = this.#kernels.get(key);
    if (known !== undefined) return known;
    const { kernel } = this.loaded.native.findKernel(this.device, this.#moduleOf(module), symbolOf(name));
    this.#kernels.set(key, kernel);
    return kernel;
  }

  #moduleOf(name: string): number {
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const module = this.loaded.native.loadModule(this.device, imageFor(this.info, this.loaded, name));
    this.#modules.set(name, module);
    return module;
  }
}
