import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { Sums } from "../testing/conv-reference";
import { blank, type HostTensor, randomFloats, worstError } from "../testing/run-plan";
import { matmul, SUM_BLOCK } from "./matmul";

const run = onBothThreadCounts();

const SIZES: readonly (readonly [m: number, n: number, k: number])[] = [
  [1, 1, 1],
  [1, 9, 5],
  [5, 6, 7],
  [7, 1, 300],
  [8, 65, 63],
  [64, 64, 64],
  [63, 9, 257],
  [65, 300, 513],
  [3, 513, 2],
  [1, 67, 2050],
  [2, 33, 1024],
  [3, 34, 1027],
  [4, 35, 2052],
];

const TRANSPOSES = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

/** f64 sums of y [M, N] = op(a) · op(b), a and b beginning at the given elements. */
function multiply(
  sums: Sums,
  at: number,
  a: HostTensor,
  aAt: number,
  b: HostTensor,
  bAt: number,
  size: readonly [number, number, number],
  [transA, transB]: readonly [boolean, boolean],
) {
  const [m, n, k] = size;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let l = 0; l < k; l++)
        sums.add(
          at + i * n + j,
          a.data[aAt + (transA ? l * m + i : i * k + l)]! * b.data[bAt + (transB ? j * k + l : l * n + j)]!,
        );
}

describe("matmul", () => {
  for (const [transA, transB] of TRANSPOSES) {
    it.each(SIZES)(`agrees with f64 loops: M %i, N %i, K %i, transA ${transA}, transB ${transB}`, (m, n, k) => {
      const a = randomFloats(transA ? [k, m] : [m, k], 1);
      const b = randomFloats(transB ? [n, k] : [k, n], 2);
      const [y] = run(matmul, { inputs: [a, b], outputs: [blank([m, n])], attrs: { transA, transB } });
      const sums = new Sums(m * n);
      multiply(sums, 0, a, 0, b, 0, [m, n, k], [transA, transB]);
      expect(worstError(y!.data, sums.values, (_, i) => sums.bound(i, SUM_BLOCK))).toBeLessThanOrEqual(1);
    });
  }

  it.each([
    { batch: [3], a: [3], b: [3] },
    { batch: [3], a: [], b: [3] },
    { batch: [2, 3], a: [2, 1], b: [3] },
    { batch: [2, 3, 4, 5], a: [2, 1, 4, 1], b: [1, 3, 1, 5] },
    { batch: [2, 1, 3], a: [2, 1, 3], b: [1, 1, 1] },
    { batch: [400], a: [400], b: [1] },
  ])("broadcasts batch axes: $a and $b to $batch", ({ batch, a: aBatch, b: bBatch }) => {
    const size = [3, 5, 4] as const;
    const [m, n, k] = size;
    for (const [transA, transB] of TRANSPOSES) {
      const a = randomFloats([...aBatch, ...(transA ? [k, m] : [m, k])], 1);
      const b = randomFloats([...bBatch, ...(transB ? [n, k] : [k, n])], 2);
      const [y] = run(matmul, { inputs: [a, b], outputs: [blank([...batch, m, n])], attrs: { transA, transB } });
      const entries = batch.reduce((product, length) => product * length, 1);
      const sums = new Sums(entries * m * n);
      for (let entry = 0; entry < entries; entry++)
        multiply(sums, entry * m * n, a, entryAt(batch, aBatch, entry) * m * k, b, entryAt(batch, bBatch, entry) * k * n, size, [
          transA,
          transB,
        ]);
      expect(worstError(y!.data, sums.values, (_, i) => sums.bound(i, SUM_BLOCK))).toBeLessThanOrEqual(1);
    }
  });

  it("gives zeros where K is 0", () => {
    const [y] = run(matmul, {
      inputs: [blank([2, 3, 0]), blank([2, 0, 4])],
      outputs: [blank([2, 3, 4])],
      attrs: { transA: false, transB: false },
    });
    expect(y!.data.every((value) => value === 0)).toBe(true);
  });
});

/** The matrix of an operand with batch axes `own` that belongs to `entry` of the broadcast `batch`. */
function entryAt(batch: readonly number[], own: readonly number[], entry: number): number {
  const index = batch.map(
    (size, axis) => Math.floor(entry / batch.slice(axis + 1).reduce((product, length) => product * length, 1)) % size,
  );
  return own.reduce((at, size, axis) => at * size + (size === 1 ? 0 : index[batch.length - own.length + axis]!), 0);
}
