import { flatten } from "../../functional/flatten";
import type { Tensor } from "../../tensor";
import { Module } from "../module";

/** Joins the axes from `start` to `end` into one: [N, C, H, W] → [N, C · H · W]. */
export class Flatten extends Module {
  constructor(
    readonly start = 1,
    readonly end = -1,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.start, this.end);
  }

  override extraRepr(): string {
    return `start_dim=${this.start}, end_dim=${this.end}`;
  }
}
