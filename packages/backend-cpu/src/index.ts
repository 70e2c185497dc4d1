export { type CpuOptions, cpu } from "./device";
