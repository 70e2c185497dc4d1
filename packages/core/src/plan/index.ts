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
export { type Product, productOf, type Side } from "./matrix-product";
export { type PaddedAxis, paddedAxes, paddedSize } from "./padded-axes";
export { spansOf, type Table, uniformWeight, type WeightTables, weightTablesOf } from "./window-tables";
