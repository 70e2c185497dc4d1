import type { OpName } from "@vertebra/core";
import { elementwiseCases } from "./elementwise";
import { moveCases } from "./move";
import { planeCases } from "./planes";
import { productCases } from "./products";
import { reduceCases } from "./reduce";
import { stepCases } from "./steps";
import type { OpCases } from "./types";

/** What is asked of every op; one without cases doesn't compile. */
export const CASES: { readonly [K in OpName]: OpCases<K> } = {
  ...elementwiseCases,
  ...moveCases,
  ...planeCases,
  ...productCases,
  ...reduceCases,
  ...stepCases,
};
