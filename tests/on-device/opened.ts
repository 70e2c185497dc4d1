import type { Device } from "@vertebra/core";

/** A device for tests, or why there is none. */
export type Opened =
  | { readonly device: Device; readonly reason?: undefined }
  | { readonly device?: undefined; readonly reason: string };
