import { ArgumentError } from "../errors";
import { requireRange, type Schedule } from "./schedules";

/**
 * `minLr + (lr − minLr) · (1 + cos(π · epoch / epochs)) / 2`: PyTorch's CosineAnnealingLR, its T_max and eta_min. As there,
 * the rate rises again past `epochs`.
 * Source: Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5.
 */
export function cosineLr({ lr, epochs, minLr = 0 }: { lr: number; epochs: number; minLr?: number }): Schedule {
  requireRange("cosineLr", { lr, minLr });
  requireRange("cosineLr", { epochs }, Number.MIN_VALUE);
  return (epoch) => cosineBetween(lr, minLr, epoch / epochs);
}

/**
 * Cosine from `lr` to `minLr` over `firstPeriod` epochs, then again from `lr` over a period `periodFactor` times as long, and
 * so on: PyTorch's CosineAnnealingWarmRestarts, its T_0, T_mult and eta_min.
 * Source: Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5.
 */
export function cosineWarmRestartsLr({ lr, firstPeriod, periodFactor = 1, minLr = 0 }: WarmRestartsOptions): Schedule {
  requireRange("cosineWarmRestartsLr", { lr, minLr });
  requireRange("cosineWarmRestartsLr", { firstPeriod }, Number.MIN_VALUE);
  requireRange("cosineWarmRestartsLr", { periodFactor: periodFactor - 1 });
  return (epoch) => {
    if (periodFactor === 1) return cosineBetween(lr, minLr, (epoch % firstPeriod) / firstPeriod);
    let [start, period] = [0, firstPeriod];
    // Counted up rather than by logarithm, which rounds to the wrong side of a restart.
    for (; epoch >= start + period && period < Number.POSITIVE_INFINITY; period *= periodFactor) start += period;
    return cosineBetween(lr, minLr, (epoch - start) / period);
  };
}

export interface WarmRestartsOptions {
  readonly lr: number;
  readonly firstPeriod: number;
  /** Factor ≥ 1 from one period to the next. Default 1. */
  readonly periodFactor?: number;
  /** Rate at the end of each period. Default 0. */
  readonly minLr?: number;
}

/**
 * From `maxLr / startDivisor` up to `maxLr` at the fraction `peak` of all steps, then down to `maxLr / startDivisor /
 * endDivisor` at the last step, and there from then on: PyTorch's OneCycleLR. With `threePhases` the way down passes the
 * starting rate, as long after the peak as the peak is after the start.
 * Source: Smith and Topin, "Super-convergence", 2018; phases as in torch.optim.lr_scheduler.OneCycleLR.
 */
export function oneCycleLr(options: OneCycleOptions): Schedule {
  const { maxLr, steps, peak = 0.3, startDivisor = 25, endDivisor = 1e4, anneal = "cosine", threePhases = false } = options;
  requireRange("oneCycleLr", { maxLr });
  requireRange("oneCycleLr", { steps, startDivisor, endDivisor }, Number.MIN_VALUE);
  if (!(peak >= 0 && peak <= 1)) throw new ArgumentError("oneCycleLr", { rule: "peak must be from 0 to 1", got: String(peak) });
  const between = anneal === "cosine" ? cosineBetween : linearBetween;
  const startLr = maxLr / startDivisor;
  const top = { at: peak * steps - 1, lr: maxLr };
  const last = { at: steps - 1, lr: startLr / endDivisor };
  const points = [{ at: 0, lr: startLr }, top, ...(threePhases ? [{ at: 2 * peak * steps - 2, lr: startLr }] : []), last];
  return (step) => {
    const next = points.findIndex(({ at }, i) => i > 0 && step <= at);
    const [from, to] = [points[next - 1], points[next]];
    if (from === undefined || to === undefined) return last.lr;
    return between(from.lr, to.lr, (step - from.at) / (to.at - from.at));
  };
}

export interface OneCycleOptions {
  readonly maxLr: number;
  /** Steps of the whole cycle (total_steps): the last one is `steps − 1`. */
  readonly steps: number;
  /** Fraction of the steps spent rising (pct_start). Default 0.3. */
  readonly peak?: number;
  /** Default 25 (div_factor). */
  readonly startDivisor?: number;
  /** Default 10⁴ (final_div_factor). */
  readonly endDivisor?: number;
  readonly anneal?: "cosine" | "linear";
  readonly threePhases?: boolean;
}

const cosineBetween = (from: number, to: number, fraction: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * fraction))) / 2;

const linearBetween = (from: number, to: number, fraction: number): number => from + (to - from) * fraction;
