import type { DType, KernelTable, WeightedWindows } from "@vertebra/core";
import { product, uniformWeight, weightTablesOf } from "@vertebra/core/plan";
import { type Binding, floatWord, type GpuOperand, gridFor, type Launch, type Limits, type Plan, type Scratch } from "../launch";
import { typedShader } from "../shader";
import code from "./resample2d.wgsl";
import axisCode from "./resample2d-axis.wgsl";
import sumCode from "./resample2d-sum.wgsl";
import { lanesFor, sizeFor } from "./sharing";

const DIRECT = typedShader("resample2d", code);
const AXIS = typedShader("resample2d-axis", axisCode);
const SUM = typedShader("resample2d-sum", sumCode);

/** Windows of more taps are cheaper as one map after the other, though that writes and reads what is between. */
const MAX_DIRECT_TAPS = 64;
/** Terms that a workgroup adds up: 64 an invocation. */
const MAX_LANES = 256;
const TERMS_PER_PART = MAX_LANES * 64;

/** y = rows · x · columnsᵀ, plane by plane. */
export const resample2d: Plan<KernelTable["resample2d"]> = (inputs, outputs, { rows, columns }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  if (product(y.shape) === 0) return [];
  const [rowWeight, columnWeight] = [uniformWeight(rows), uniformWeight(columns)];
  if (rowWeight !== undefined && columnWeight !== undefined) return planeSums(x, y, rowWeight * columnWeight, limits);
  if (weightTablesOf(columns).isIdentity) return [alongRows(x, y, y.shape, rows, limits)];
  if (weightTablesOf(rows).isIdentity) return [alongColumns(x, y, y.shape, columns, limits)];
  if (rows.taps * columns.taps <= MAX_DIRECT_TAPS) return [direct(x, y, rows, columns, limits)];
  return oneAfterTheOther(x, y, rows, columns, limits);
};

function direct(x: GpuOperand, y: GpuOperand, rows: WeightedWindows, columns: WeightedWindows, limits: Limits): Launch {
  const elements = product(y.shape);
  const [rowTables, columnTables] = [weightTablesOf(rows), weightTablesOf(columns)];
  return {
    shader: DIRECT(x.dtype),
    params: [elements, ...x.shape.slice(2), ...y.shape.slice(2)],
    bindings: [x, rowTables.spans, rowTables.weights, columnTables.spans, columnTables.weights, y],
    grid: gridFor(elements, limits),
  };
}

/** First the map that leaves less to the other. */
function oneAfterTheOther(
  x: GpuOperand,
  y: GpuOperand,
  rows: WeightedWindows,
  columns: WeightedWindows,
  limits: Limits,
): readonly Launch[] {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [ho, wo] = y.shape.slice(2) as [number, number];
  const columnsFirst = h * wo <= ho * w;
  const shape = columnsFirst ? [n, c, h, wo] : [n, c, ho, w];
  const between: Scratch = { scratchBytes: product(shape) * 4 };
  return columnsFirst
    ? [alongColumns(x, between, shape, columns, limits), alongRows(between, y, y.shape, rows, limits)]
    : [alongRows(x, between, shape, rows, limits), alongColumns(between, y, y.shape, columns, limits)];
}

/** [planes, H, W] → [planes, Ho, W], `shape`. */
const alongRows = (x: Binding, y: Binding, shape: readonly number[], rows: WeightedWindows, limits: Limits): Launch =>
  alongAxis(x, y, product(shape), shape[3] as number, rows, limits);

/** [planes, H, W] → [planes, H, Wo], `shape`. */
const alongColumns = (x: Binding, y: Binding, shape: readonly number[], columns: WeightedWindows, limits: Limits): Launch =>
  alongAxis(x, y, product(shape), 1, columns, limits);

function alongAxis(x: Binding, y: Binding, elements: number, inner: number, windows: WeightedWindows, limits: Limits): Launch {
  const { spans, weights } = weightTablesOf(windows);
  return {
    shader: AXIS(dtypeOf(x), dtypeOf(y)),
    params: [elements, windows.inputSize, windows.starts.length, inner],
    bindings: [x, spans, weights, y],
    grid: gridFor(elements, limits),
  };
}

/** What lies between two maps keeps all its digits. */
const dtypeOf = (binding: Binding): DType => ("dtype" in binding ? binding.dtype : "f32");

/** y [planes] = weight · Σ x: global average pooling. Planes of many elements in parts first. */
function planeSums(x: GpuOperand, y: GpuOperand, weight: number, limits: Limits): readonly Launch[] {
  const planes = product(y.shape);
  const terms = product(x.shape) / planes;
  const parts = Math.ceil(terms / TERMS_PER_PART);
  if (parts === 1) return [partSums(x, y, { planes, terms, parts, weight }, limits)];
  const between: Scratch = { scratchBytes: planes * parts * 4 };
  return [
    partSums(x, between, { planes, terms, parts, weight: 1 }, limits),
    partSums(between, y, { planes, terms: parts, parts: 1, weight }, limits),
  ];
}

interface PartSums {
  readonly planes: number;
  /** Of a plane, in so many parts. */
  readonly terms: number;
  readonly parts: number;
  readonly weight: number;
}

function partSums(x: Binding, y: Binding, { planes, terms, parts, weight }: PartSums, limits: Limits): Launch {
  const termsPerPart = parts === 1 ? terms : TERMS_PER_PART;
  const lanes = lanesFor(termsPerPart, MAX_LANES);
  const size = sizeFor(lanes);
  return {
    shader: SUM(dtypeOf(x), dtypeOf(y)),
    constants: { SIZE: size, LANES: lanes },
    params: [planes, terms, parts, termsPerPart, floatWord(weight)],
    bindings: [x, y],
    grid: gridFor(planes * parts, limits, size / lanes),
  };
}
