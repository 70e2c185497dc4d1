import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";
import { lanesFor } from "./sharing";

/** How kernels that add up each channel of x [N, C, inner] share the work. */
export interface ChannelParts {
  readonly c: number;
  readonly inner: number;
  /** Values of a channel. */
  readonly m: number;
  /** vec4s of a plane, those counted that it shares with its neighbours. */
  readonly quads: number;
  /** vec4s of a channel. */
  readonly units: number;
  readonly partsPerChannel: number;
  /** Invocations that make a part, and those that add up the parts of a channel. */
  readonly lanes: number;
  readonly mergingLanes: number;
}

const MAX_LANES = 256;
/** vec4s of a part: 16 an invocation. */
export const UNITS_PER_PART = MAX_LANES * 16;
/** Invocations of a workgroup that adds up parts. */
export const MERGING = 64;

/** The shares of x, which isn't empty: by its shape alone, so that sums have the same bits on every run. */
export function channelParts({ shape }: GpuOperand): ChannelParts {
  const [n, c] = shape as [number, number];
  const m = product(shape) / c;
  const inner = m / n;
  const quads = inner % 4 === 0 ? inner / 4 : Math.ceil((inner + 3) / 4);
  const units = n * quads;
  const partsPerChannel = Math.ceil(units / UNITS_PER_PART);
  const mergingLanes = lanesFor(partsPerChannel, MERGING);
  return { c, inner, m, quads, units, partsPerChannel, lanes: lanesFor(4 * units, MAX_LANES), mergingLanes };
}
