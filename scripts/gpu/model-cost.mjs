import { findModel } from "@vertebra/models";

/** Multiply-accumulates of one image of the size that is compared, in 10⁹, and as many as a start takes. */
export function costOf(name) {
  const { gigaMacs, inputShape, smallSide } = findModel(name).facts;
  return 0.05 + gigaMacs * (smallSide / inputShape[1]) ** 2;
}
