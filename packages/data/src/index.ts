export { type Dataset, type InMemoryOptions, inMemoryDataset } from "./dataset";
export { type IdxArray, type IdxHeader, parseIdx, parseIdxHeader } from "./idx";
export { type Batch, type BatchLoader, type LoaderOptions, loadBatches } from "./loader";
export { MNIST_FILES, MNIST_MEAN, MNIST_STD, type MnistSplit, mnistFromBytes } from "./mnist";
export { findMnistFolder, type LoadMnistOptions, loadMnist } from "./mnist-node";
export { SHUFFLE_STREAMS, type ShuffleOptions, shuffledOrder } from "./shuffle";
