export { countsOf, type WebgpuCounts, warmUp, webgpu } from "./device";
export type { WebgpuOptions } from "./options";
