import type { KernelTable } from "@vertebra/core";
import { broadcastIndex } from "../indexing";
import { type Meaning, Values } from "../values";

export const expand: Meaning<KernelTable["expand"]> = ({ shape }, x) => [
  new Values(
    shape,
    Float64Array.from(broadcastIndex(x.shape, shape), (i) => x.at(i)),
  ),
];
