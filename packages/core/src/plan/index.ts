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
export { type PaddedAxis, paddedAxes, paddedSize } from "./padded-axes";
