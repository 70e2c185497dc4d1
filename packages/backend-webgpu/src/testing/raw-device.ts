import { offerSwiftshader } from "../../../../scripts/swiftshader.mjs";
import { findAdapter } from "../adapter";
import { requestDevice } from "../capabilities";
import { keepUntilExit } from "../exit";

/** WebGPU's own device for tests of what lies below `Device`, or why there is none; chosen as `openForTests` does. */
export type RawOpened =
  | { readonly gpu: GPUDevice; readonly reason?: undefined }
  | { readonly gpu?: undefined; readonly reason: string };

/** @throws where there is none and PARITY_REQUIRE is set. */
export async function openRawForTests(): Promise<RawOpened> {
  try {
    if (process.env.WEBGPU_ADAPTER === undefined) offerSwiftshader();
    const found = await findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });
    const { gpu } = await requestDevice(found);
    keepUntilExit(gpu);
    return { gpu };
  } catch (error) {
    if (process.env.PARITY_REQUIRE) throw error;
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
