// What programs import when they first read a file of weights: one module, so that builds make one chunk of it.
export { loadWeights } from "./load-weights";
export { nameWeights } from "./name-weights";
export { openNpz } from "./npz";
export { openWeights } from "./open-weights";
export { openPth } from "./pth";
export { openSafetensorsShards } from "./safetensors-shards";
export { openSource } from "./weights-source";
