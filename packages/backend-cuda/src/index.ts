export type { DeviceInfo } from "./addon";
export { type CudaCounts, countsOf, cuda } from "./device";
export { listGpus } from "./native";
export type { CudaOptions } from "./options";
