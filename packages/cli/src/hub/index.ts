export { DownloadError } from "./download-error";
export { downloadWeights, resolveWeights } from "./download-weights";
export type { DownloadOptions } from "./settings";
