export type { DeviceInfo } from "./addon";
export { type CudaCounts, countsOf, cuda, timeOnGpu } from "./device";
export { listGpus } from "./machine";
export type { CudaOptions } from "./options";
