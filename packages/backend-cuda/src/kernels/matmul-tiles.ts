import { type Product, product, type Side } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE, type Limits, type Scratch, type Step } from "../launch";
import { batchWords } from "./matmul-batch";

/** A size of tiles that there is a kernel for. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly threads: number;
  /** Time for an element of y, relative to the first: guessed from what a thread reads for a product. */
  readonly cost: number;
}

/** The larger a tile, the fewer reads for a product; the smaller, the less of it lies past y, and the more there are. */
const TILES: readonly Tile[] = [
  // 3 quads of shared memory for 32 products, 1/128 + 1/64 elements of global memory for one.
  { rows: 128, columns: 64, threads: 256, cost: 1 },
  // 2 quads for 16, 1/64 + 1/64.
  { rows: 64, columns: 64, threads: 256, cost: 1.25 },
  // As before, but 1/32 + 1/32.
  { rows: 32, columns: 32, threads: 64, cost: 1.75 },
];

/** Multiply-adds that a multiprocessor makes at once, and threads that it needs to wait for memory meanwhile. */
const LANES = 128;
const WANTED_THREADS = 512;
/** Terms of a part: the kernel's SUM_BLOCK, so that the steps of a part cost more than adding it up. */
const LEAST_PART_TERMS = 256;
/** Block sums and parts are added in order, as many as LEAST_PART_TERMS at most. */
const MOST_PARTS = 128;
const MOST_PART_TERMS = LEAST_PART_TERMS * LEAST_PART_TERMS;

/** How a product is cut. */
export interface Cut {
  readonly tile: Tile;
  readonly rowTiles: number;
  readonly columnTiles: number;
  readonly parts: number;
  readonly partTerms: number;
}

/** The kernel that makes the tiles, and the shared memory that its launch says. */
export type TileKernel = Pick<Launch, "kernel" | "sharedBytes">;

const kernel = kernelsOf("matmul");

/** The launches of a product without tensor cores. */
export function tileSteps(problem: Product<CudaOperand>, limits: Limits): readonly Step[] {
  const cut = bestCut(problem, limits);
  return cutSteps(problem, cut, { kernel: kernel(`matmul${cut.tile.rows}x${cut.tile.columns}`, problem.y.dtype) });
}

/** The launch of a product by tiles, and where k is divided, the one that adds the parts. */
export function cutSteps(problem: Product<CudaOperand>, cut: Cut, by: TileKernel): readonly Step[] {
  const { y } = problem;
  if (cut.parts === 1) return [{ ...by, ...tileLaunch(problem, cut, y, 0) }];
  // Each part begins at a whole quad.
  const elements = Math.ceil(product(y.shape) / 4) * 4;
  const parts: Scratch = { scratchBytes: cut.parts * elements * 4 };
  return [
    { ...by, ...tileLaunch(problem, cut, parts, elements) },
    {
      kernel: kernel("matmulParts", y.dtype),
      bindings: [parts, y],
      words: [elements, cut.parts],
      grid: Math.ceil(elements / (4 * LINE)),
      block: LINE,
    },
  ];
}

/** MatmulParams. */
function tileLaunch(
  { a, b, k, entries, batch }: Product<CudaOperand>,
  cut: Cut,
  to: Launch["bindings"][number],
  partElements: number,
): Omit<Launch, "kernel"> {
  const { tile, rowTiles, columnTiles, parts, partTerms } = cut;
  return {
    bindings: [a.operand, b.operand, to],
    words: [...sideWords(a), ...sideWords(b), k, rowTiles, columnTiles, parts, partTerms, partElements, ...batchWords(batch)],
    grid: entries * parts * rowTiles * columnTiles,
    block: tile.threads,
  };
}

/** MatmulSide. */
const sideWords = ({ length, isAlongK, isInFours }: Side<CudaOperand>): number[] => [length, Number(isAlongK), Number(isInFours)];

/** The cut with the least time: elements computed, those past y too, × the tile's cost ÷ the share of the device that has work. */
function bestCut(problem: Product<CudaOperand>, limits: Limits): Cut {
  let best: Cut | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const tile of TILES) {
    const cut = cutBy(tile, problem, limits);
    const tiles = problem.entries * cut.rowTiles * cut.columnTiles;
    // A block runs on one multiprocessor. While some have none, four small ones are done before one large one.
    const busy = Math.min(1, (tiles * cut.parts * Math.min(tile.threads, LANES)) / (limits.multiprocessors * LANES));
    const time = (tiles * tile.rows * tile.columns * tile.cost) / busy;
    if (time >= least) continue;
    best = cut;
    least = time;
  }
  return best as Cut;
}

function cutBy(tile: Tile, { a, b, k, entries }: Product<CudaOperand>, { multiprocessors }: Limits): Cut {
  const rowTiles = Math.ceil(a.length / tile.rows);
  const columnTiles = Math.ceil(b.length / tile.columns);
  const threads = entries * rowTiles * columnTiles * tile.threads;
  // Rounded down: half a device more to do isn't worth the launch that adds.
  const toFill = Math.floor((multiprocessors * WANTED_THREADS) / threads);
  const wanted = Math.min(toFill, Math.floor(k / LEAST_PART_TERMS), MOST_PARTS);
  const least = Math.max(1, wanted, Math.ceil(k / MOST_PART_TERMS));
  const partTerms = Math.ceil(k / least / LEAST_PART_TERMS) * LEAST_PART_TERMS;
  return { tile, rowTiles, columnTiles, parts: Math.ceil(k / partTerms), partTerms };
}
