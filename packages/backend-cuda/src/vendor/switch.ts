import { join } from "node:path";
import type { LibraryName } from "../addon";
import { badVendorSwitch } from "../errors";
import { buildTestLibraries } from "../native";
import type { CudaOptions } from "../options";
import { type Search, SYSTEM } from "./loaded-libraries";

/** What is to be used of NVIDIA's libraries: nothing, in words, or what a search finds. */
export type VendorSwitch =
  | { readonly off: string }
  | { readonly off?: undefined; readonly search: Search; readonly isAlways: boolean };

const TEST_FILES: { readonly [Name in LibraryName]: string } = { cuBLASLt: "libcublaslt-host.so", cuDNN: "libcudnn-host.so" };

/**
 * By the options and VERTEBRA_CUDA_VENDOR: `off`, or `host` for the test libraries that go with the test driver. NVIDIA's own work on
 * GPUs only, and the test driver's memory is none.
 * @throws ArgumentError for another value. @throws DeviceError where the test libraries can't be built.
 */
export async function vendorSwitch({ vendor = true }: CudaOptions, isHostDriver: boolean): Promise<VendorSwitch> {
  const wanted = process.env.VERTEBRA_CUDA_VENDOR || "";
  if (!["", "off", "host"].includes(wanted)) throw badVendorSwitch(wanted);
  const isAlways = vendor === "always";
  if (wanted === "off" || vendor === false) return { off: "cuBLASLt and cuDNN are switched off" };
  if (!isHostDriver) return { search: SYSTEM, isAlways };
  if (wanted === "host") return { search: await testSearch(), isAlways };
  return { off: "cuBLASLt and cuDNN aren't used on the test driver. VERTEBRA_CUDA_VENDOR=host builds test libraries" };
}

/** In the folders of VERTEBRA_CUDA_LIBRARIES, else where they are built. */
async function testSearch(): Promise<Search> {
  const folders = (process.env.VERTEBRA_CUDA_LIBRARIES || (await buildTestLibraries())).split(":");
  return {
    candidates: (name) => folders.map((each) => join(each, TEST_FILES[name])),
    tried: (name) => `no ${TEST_FILES[name]}`,
    label: "test library",
  };
}
