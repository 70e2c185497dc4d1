export { countsOf, type WebgpuCounts, type WebgpuOptions, warmUp, webgpu } from "./device";
