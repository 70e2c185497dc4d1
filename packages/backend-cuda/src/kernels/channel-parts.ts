import { product } from "@vertebra/core/plan";
import type { CudaOperand } from "../launch";
import { GROUP_BLOCK, lanesFor } from "./group-lanes";

/** How kernels that add up each channel of x [N, C, inner] share the work. */
export interface ChannelParts {
  readonly c: number;
  readonly inner: number;
  /** Values of a channel. */
  readonly m: number;
  readonly partsPerChannel: number;
  /** Parts of all channels. */
  readonly parts: number;
  /** Threads that make a part, and those that add up the parts of a channel. */
  readonly lanes: number;
  readonly mergingLanes: number;
  /** ChannelParts of channels.h. */
  readonly words: readonly number[];
}

/** Quads of a part: 16 a thread. */
const UNITS_PER_PART = GROUP_BLOCK * 16;

/** The shares of x, which isn't empty: by its shape alone, so that sums have the same bits on every device. */
export function channelParts({ shape }: CudaOperand): ChannelParts {
  const [n, c] = shape as [number, number];
  const m = product(shape) / c;
  const inner = m / n;
  // A plane that begins anywhere shares its first and last quad with its neighbours.
  const quads = inner % 4 === 0 ? inner / 4 : Math.ceil((inner + 3) / 4);
  const units = n * quads;
  const partsPerChannel = Math.ceil(units / UNITS_PER_PART);
  const lanes = lanesFor(units);
  const words = [c, inner, quads, units, UNITS_PER_PART, partsPerChannel, lanes];
  return { c, inner, m, partsPerChannel, parts: c * partsPerChannel, lanes, mergingLanes: lanesFor(partsPerChannel), words };
}
