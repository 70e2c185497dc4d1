import type { Opened } from "../../../../tests/on-device/opened";
import { type CudaOptions, cuda } from "../index";
import { prepareForTests } from "./native";

/**
 * A device for tests, or why there is none: on the driver that VERTEBRA_CUDA_DRIVER names, else the test driver.
 * @throws where it can't be built and PARITY_REQUIRE is set.
 */
export async function openForTests(options: CudaOptions = {}): Promise<Opened> {
  const { reason } = await prepareForTests();
  if (reason !== undefined) return { reason };
  process.env.VERTEBRA_CUDA_DRIVER ??= "host";
  return { device: await cuda(options).open() };
}
