import type { DType, KernelTable, WeightedWindows } from "@vertebra/core";
import { product, uniformWeight, weightTablesOf } from "@vertebra/core/plan";
import { floatWord } from "../batch";
import { type CudaOperand, kernelsOf, type Launch, LINE, type Plan, type Scratch } from "../launch";
import { blocksFor, GROUP_BLOCK, lanesFor } from "./group-lanes";

type Map = CudaOperand | Scratch;

const kernel = kernelsOf("resample2d");

/** Windows of more taps are cheaper as one map after the other, though that writes and reads what is between. */
const MAX_DIRECT_TAPS = 64;
/** Terms that a block adds up: 64 a thread. */
const TERMS_PER_PART = GROUP_BLOCK * 64;

/** y = rows · x · columnsᵀ, plane by plane. */
export const resample2d: Plan<KernelTable["resample2d"]> = (inputs, outputs, { rows, columns }) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  if (product(y.shape) === 0) return [];
  const [rowWeight, columnWeight] = [uniformWeight(rows), uniformWeight(columns)];
  if (rowWeight !== undefined && columnWeight !== undefined) return planeSums(x, y, rowWeight * columnWeight);
  if (weightTablesOf(columns).isIdentity) return [alongRows(x, y, y.shape, rows)];
  if (weightTablesOf(rows).isIdentity) return [alongColumns(x, y, y.shape, columns)];
  if (rows.taps * columns.taps <= MAX_DIRECT_TAPS) return [direct(x, y, rows, columns)];
  return oneAfterTheOther(x, y, rows, columns);
};

function direct(x: CudaOperand, y: CudaOperand, rows: WeightedWindows, columns: WeightedWindows): Launch {
  const elements = product(y.shape);
  const [rowTables, columnTables] = [weightTablesOf(rows), weightTablesOf(columns)];
  return {
    kernel: kernel("resample2d", x.dtype),
    bindings: [x, rowTables.spans, rowTables.weights, columnTables.spans, columnTables.weights, y],
    words: [elements, ...x.shape.slice(2), ...y.shape.slice(2)],
    grid: Math.ceil(elements / LINE),
    block: LINE,
  };
}

/** First the map that leaves less to the other. */
function oneAfterTheOther(x: CudaOperand, y: CudaOperand, rows: WeightedWindows, columns: WeightedWindows): readonly Launch[] {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [ho, wo] = y.shape.slice(2) as [number, number];
  const columnsFirst = h * wo <= ho * w;
  const shape = columnsFirst ? [n, c, h, wo] : [n, c, ho, w];
  const between: Scratch = { scratchBytes: product(shape) * 4 };
  return columnsFirst
    ? [alongColumns(x, between, shape, columns), alongRows(between, y, y.shape, rows)]
    : [alongRows(x, between, shape, rows), alongColumns(between, y, y.shape, columns)];
}

/** [planes, H, W] → [planes, Ho, W], `shape`. */
const alongRows = (x: Map, y: Map, shape: readonly number[], rows: WeightedWindows): Launch =>
  alongAxis(x, y, { elements: product(shape), inner: shape[3] as number }, rows);

/** [planes, H, W] → [planes, H, Wo], `shape`. */
const alongColumns = (x: Map, y: Map, shape: readonly number[], columns: WeightedWindows): Launch =>
  alongAxis(x, y, { elements: product(shape), inner: 1 }, columns);

function alongAxis(x: Map, y: Map, { elements, inner }: { elements: number; inner: number }, windows: WeightedWindows): Launch {
  const { spans, weights } = weightTablesOf(windows);
  return {
    kernel: stage("resample2dAxis", x, y),
    bindings: [x, spans, weights, y],
    words: [elements, windows.inputSize, windows.starts.length, inner],
    grid: Math.ceil(elements / LINE),
    block: LINE,
  };
}

/** The variant from x to y; what lies between two launches keeps all its digits. */
const stage = (name: string, x: Map, y: Map) => kernel(`${name}_${dtypeOf(x)}`, dtypeOf(y));
const dtypeOf = (map: Map): DType => ("dtype" in map ? map.dtype : "f32");

/** y [planes] = weight · Σ x: global average pooling. Planes of many elements in parts first. */
function planeSums(x: CudaOperand, y: CudaOperand, weight: number): readonly Launch[] {
  const planes = product(y.shape);
  const terms = product(x.shape) / planes;
  const parts = Math.ceil(terms / TERMS_PER_PART);
  if (parts === 1) return [partSums(x, y, { planes, terms, parts, weight })];
  const between: Scratch = { scratchBytes: planes * parts * 4 };
  return [
    partSums(x, between, { planes, terms, parts, weight: 1 }),
    partSums(between, y, { planes, terms: parts, parts: 1, weight }),
  ];
}

interface PartSums {
  readonly planes: number;
  /** Of a plane, in so many parts. */
  readonly terms: number;
  readonly parts: number;
  readonly weight: number;
}

function partSums(x: Map, y: Map, { planes, terms, parts, weight }: PartSums): Launch {
  const termsPerPart = parts === 1 ? terms : TERMS_PER_PART;
  const lanes = lanesFor(termsPerPart);
  return {
    kernel: stage("resample2dSum", x, y),
    bindings: [x, y],
    words: [planes, terms, parts, termsPerPart, lanes, floatWord(weight)],
    grid: blocksFor(planes * parts, lanes),
    block: GROUP_BLOCK,
  };
}
