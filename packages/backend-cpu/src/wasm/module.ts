import { DeviceError } from "@vertebra/core";

/** Which instructions a module uses: SIMD128, or relaxed SIMD (one rounding in a·b + c) on top of it. */
export type Simd = "simd" | "relaxed";

/** A module's name: its instructions, and whether its memory is shared between threads. */
export type Variant = Simd | `${Simd}-threads`;

/** What every module exports besides one function per kernel. */
export interface ModuleExports {
  readonly __heap_base: WebAssembly.Global;
  readonly __stack_pointer: WebAssembly.Global;
  readonly parameterBlock: () => number;
  readonly configure: (workers: number, mayWait: number, spins: number) => void;
  readonly stopWorkers: () => void;
  readonly workerLoop: (worker: number) => void;
  readonly taskFailed: () => void;
  readonly takeError: () => number;
}

const sources: { readonly [V in Variant]: () => Promise<{ default: string }> } = {
  simd: () => import("../../wasm/simd.js"),
  "simd-threads": () => import("../../wasm/simd-threads.js"),
  relaxed: () => import("../../wasm/relaxed.js"),
  "relaxed-threads": () => import("../../wasm/relaxed-threads.js"),
};

/** Compiles one module. Only its own bytes are fetched. @throws DeviceError where the engine has no WASM SIMD. */
export async function compileModule(variant: Variant): Promise<WebAssembly.Module> {
  const { default: base64 } = await sources[variant]();
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new DeviceError("cpu", {
      rule: `the engine must run WebAssembly module "${variant}"`,
      got: String(error),
      fix: /Content.Security.Policy/.test(String(error))
        ? "Allow 'wasm-unsafe-eval' in the page's script-src"
        : "Use Node 20, Chrome 91, Firefox 89, Safari 16.4 or newer",
    });
  }
}

/** True where the engine takes relaxed SIMD: Node 22+, Chrome 114+. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedSwizzle);
}

/** `(func (result v128) (i8x16.relaxed_swizzle (i8x16.splat (i32.const 1)) (i8x16.splat (i32.const 2))))` */
const relaxedSwizzle = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2,
  11,
]);
