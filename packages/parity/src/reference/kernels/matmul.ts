import type { KernelTable, Shape } from "@vertebra/core";
import { broadcastIndex } from "../indexing";
import { type Meaning, Values } from "../values";

/** y[m, n] = Σ a[m, k] · b[k, n] for every matrix of the batch. */
export const matmul: Meaning<KernelTable["matmul"]> = ({ attrs: { transA, transB }, shape }, a, b) => {
  const y = new Values(shape);
  const [m, n] = shape.slice(-2) as [number, number];
  const k = a.size(a.shape.length - (transA ? 2 : 1));
  const matrixOfA = broadcastIndex(batchOf(a.shape), batchOf(shape));
  const matrixOfB = broadcastIndex(batchOf(b.shape), batchOf(shape));
  for (let element = 0; element < y.data.length; element++) {
    const batch = Math.floor(element / (m * n));
    const [i, j] = [Math.floor(element / n) % m, element % n];
    const aStart = (matrixOfA[batch] as number) * m * k;
    const bStart = (matrixOfB[batch] as number) * k * n;
    for (let l = 0; l < k; l++) {
      y.add(element, a.at(aStart + (transA ? l * m + i : i * k + l)) * b.at(bStart + (transB ? j * k + l : l * n + j)));
    }
  }
  return [y];
};

const batchOf = (shape: Shape): Shape => shape.slice(0, -2);
