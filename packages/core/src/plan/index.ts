/** What the plans of all backends share: arithmetic on shapes that no user of tensors needs. */
export {
  type Axis,
  broadcastStrides,
  collapse,
  keptAndReduced,
  MAX_AXES,
  offsetOf,
  product,
  requireWalkable,
  stridesOf,
  timesSteps,
} from "./axes";
export { patternOf } from "./bits";
export { type ConvSizes, columnTable, convSizes, forwardTable, inputGradTable, type TapTable } from "./conv-tables";
export { type IndexedRows, indexedRows } from "./indexed-rows";
export { type Product, productOf, type Side } from "./matrix-product";
export { type PaddedAxis, paddedAxes, paddedSize } from "./padded-axes";
export { isFilled, isPlacedInUnits, type PlacedAxis, placedByPadding, placedBySlice, placedInUnits } from "./placed-axes";
export {
  type Gathering,
  isWalkInUnits,
  type StridedWalk,
  stridedWalk,
  transposedAxis,
  walkInUnits,
} from "./strided-walk";
export { spansOf, type Table, uniformWeight, type WeightTables, weightTablesOf } from "./window-tables";
