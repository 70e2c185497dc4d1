import type { Product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Limits, type Step } from "../launch";
import { type TypedShader, typedShader, withConstants } from "../shader";
import code from "./matmul.wgsl";
import { batchWords } from "./matmul-batch";
import { partsOf, sumParts } from "./sum-parts";

/** Sizes of matmul.wgsl. */
interface Tile {
  readonly rowBlocks: number;
  readonly laneRows: number;
  readonly laneColumns: number;
  /** Time for an element of y, relative to the first: guessed from what an invocation reads for a product. */
  readonly cost: number;
}

/** The larger a tile, the fewer reads for a product; the smaller, the less of it lies past y, and the more there are. */
const TILES: readonly Tile[] = [
  // 128×64: 12 vec4s of workgroup memory for 128 products, 1/128 + 1/64 floats of global memory for one.
  { rowBlocks: 2, laneRows: 16, laneColumns: 16, cost: 1 },
  // 64×64: 8 vec4s for 64 products, 1/64 + 1/64.
  { rowBlocks: 1, laneRows: 16, laneColumns: 16, cost: 1.25 },
  // 32×32: as before, but 1/32 + 1/32.
  { rowBlocks: 1, laneRows: 8, laneColumns: 8, cost: 1.75 },
];

/** A large GPU: cores (multiprocessors), multiply-adds a core makes at once, invocations it needs to wait for memory meanwhile. */
const CORES = 128;
const LANES_OF_CORE = 128;
const WANTED_INVOCATIONS = CORES * 256;
/** k of a part: the kernel's SUM_BLOCK, so that the steps of a part cost more than adding it up. */
const LEAST_PART_TERMS = 256;
/** Block sums and parts are added in order, as many as LEAST_PART_TERMS at most. */
const MOST_PARTS = 128;
const MOST_PART_TERMS = LEAST_PART_TERMS * LEAST_PART_TERMS;

/** How a product is cut. */
interface Cut {
  readonly tile: Tile;
  readonly rowTiles: number;
  readonly columnTiles: number;
  readonly parts: number;
  readonly partTerms: number;
}

/** The launch of a product by tiles, and where k is divided, the one that adds the parts. */
export function tileSteps(problem: Product<GpuOperand>, limits: Limits): readonly Step[] {
  const cut = bestCut(problem);
  if (cut.parts === 1) return [tileLaunch(problem, cut, 0, limits)];
  const parts = partsOf(problem.y, cut.parts);
  return [
    { ...tileLaunch(problem, cut, parts.elements, limits), bindings: [problem.a.operand, problem.b.operand, parts.scratch] },
    sumParts(parts, problem.y, limits),
  ];
}

function tileLaunch({ a, b, y, k, entries, batch }: Product<GpuOperand>, cut: Cut, partElements: number, limits: Limits): Launch {
  const { tile, rowTiles, columnTiles, parts, partTerms } = cut;
  const groups = entries * parts * rowTiles * columnTiles;
  const words = [a.length, k, b.length, groups, rowTiles, columnTiles, parts, partTerms, partElements];
  return {
    shader: shaderFor(tile, b.length % 4 === 0)(y.dtype, parts === 1 ? y.dtype : "f32"),
    constants: {
      A_ALONG_K: Number(a.isAlongK),
      B_ALONG_K: Number(b.isAlongK),
      A_IN_FOURS: Number(a.isInFours),
      B_IN_FOURS: Number(b.isInFours),
    },
    params: [...words, ...batchWords(batch, words.length)],
    bindings: [a.operand, b.operand, y],
    grid: gridFor(groups, limits, 1),
  };
}

/** The cut with the least time: elements computed, those past y too, × the tile's cost ÷ the share of the device that has work. */
function bestCut(problem: Product<GpuOperand>): Cut {
  let best: Cut | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const tile of TILES) {
    const cut = cutBy(tile, problem);
    const groups = problem.entries * cut.rowTiles * cut.columnTiles;
    const lanes = tile.laneRows * tile.laneColumns;
    // A workgroup runs on one core. While some have none, four small ones are done before one large one.
    const busy = Math.min(1, (groups * cut.parts * Math.min(lanes, LANES_OF_CORE)) / (CORES * LANES_OF_CORE));
    const time = (groups * lanes * tile.rowBlocks * tile.cost) / busy;
    if (time >= least) continue;
    best = cut;
    least = time;
  }
  return best as Cut;
}

function cutBy(tile: Tile, { a, b, k, entries }: Product<GpuOperand>): Cut {
  const rowTiles = Math.ceil(a.length / (tile.laneRows * tile.rowBlocks * 4));
  const columnTiles = Math.ceil(b.length / (tile.laneColumns * 4));
  const invocations = entries * rowTiles * columnTiles * tile.laneRows * tile.laneColumns;
  // Rounded down: half a device more to do isn't worth the launch that adds.
  const wanted = Math.min(Math.floor(WANTED_INVOCATIONS / invocations), Math.floor(k / LEAST_PART_TERMS), MOST_PARTS);
  const least = Math.max(1, wanted, Math.ceil(k / MOST_PART_TERMS));
  const partTerms = Math.ceil(k / least / LEAST_PART_TERMS) * LEAST_PART_TERMS;
  return { tile, rowTiles, columnTiles, parts: Math.ceil(k / partTerms), partTerms };
}

const shaders = new Map<string, TypedShader>();

function shaderFor(tile: Tile, isInFours: boolean): TypedShader {
  const { rowBlocks, laneRows, laneColumns } = tile;
  const name = `matmul-${rowBlocks * laneRows * 4}x${laneColumns * 4}${isInFours ? "-fours" : ""}`;
  const known = shaders.get(name);
  if (known) return known;
  const sized = withConstants(code, { ROW_BLOCKS: rowBlocks, LANE_ROWS: laneRows, LANE_COLUMNS: laneColumns });
  const made = typedShader(name, isInFours ? withVectorStores(sized) : sized);
  shaders.set(name, made);
  return made;
}

/**
 * The kernel with y as vec4s, written whole: for rows that begin at a multiple of 4. Text, because an `override` can't change a type, and
 * writing one component of a vec4 may touch the others.
 */
function withVectorStores(source: string): string {
  const result = source.replace("y: array<Y>;", "y: array<vec4<Y>>;").replace(/^fn store\([\s\S]*?^}/m, VECTOR_STORE);
  if (!result.includes("y: array<vec4<Y>>;") || !result.includes(VECTOR_STORE)) throw new Error("matmul.wgsl: no y or no store");
  return result;
}

const VECTOR_STORE = `fn store(at: u32, column: u32, value: vec4<f32>) {
  if (column < params.n) { y[at / 4u] = vec4<Y>(value); }
}`;
