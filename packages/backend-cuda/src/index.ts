export type { DeviceInfo } from "./addon";
export { type CudaCounts, countsOf, cuda, timeOnGpu, tune } from "./device";
export { listGpus } from "./machine";
export type { CudaOptions } from "./options";
export { type Recording, record } from "./recording";
export type { TunedCall } from "./vendor/tune";
