export { countsOf, timeOnGpu, type WebgpuCounts, warmUp, webgpu } from "./device";
export type { WebgpuOptions } from "./options";
