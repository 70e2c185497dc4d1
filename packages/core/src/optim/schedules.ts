import { ArgumentError } from "../errors";

/** The learning rate of an epoch (or step: whatever the caller counts), from 0 on. Pure: any epoch, in any order. */
export type Schedule = (epoch: number) => number;

/** `lr`, or with a factor `lr · factor` until `epochs` have passed (PyTorch's ConstantLR). */
export function constantLr({ lr, factor = 1, epochs = 0 }: { lr: number; factor?: number; epochs?: number }): Schedule {
  requireRange("constantLr", { lr, factor, epochs });
  return (epoch) => (epoch < epochs ? lr * factor : lr);
}

/** `lr · (start + (end − start) · min(epoch / epochs, 1))`: PyTorch's LinearLR, its start_factor, end_factor and total_iters. */
export function linearLr({ lr, start = 1 / 3, end = 1, epochs = 5 }: LinearLrOptions): Schedule {
  requireRange("linearLr", { lr, start, end });
  requireRange("linearLr", { epochs }, Number.MIN_VALUE);
  return (epoch) => lr * (start + (end - start) * Math.min(epoch / epochs, 1));
}

export interface LinearLrOptions {
  readonly lr: number;
  /** Factor at epoch 0. Default ⅓, PyTorch's. */
  readonly start?: number;
  /** Factor from `epochs` on. Default 1. */
  readonly end?: number;
  readonly epochs?: number;
}

/** `lr · gamma^⌊epoch / stepSize⌋`: PyTorch's StepLR. */
export function stepLr({ lr, stepSize, gamma = 0.1 }: { lr: number; stepSize: number; gamma?: number }): Schedule {
  requireRange("stepLr", { lr, gamma });
  requireRange("stepLr", { stepSize }, Number.MIN_VALUE);
  return (epoch) => lr * gamma ** Math.floor(epoch / stepSize);
}

/** `lr · gamma^(milestones reached)`: PyTorch's MultiStepLR. A milestone named twice counts twice. */
export function multiStepLr({ lr, milestones, gamma = 0.1 }: MultiStepLrOptions): Schedule {
  requireRange("multiStepLr", { lr, gamma });
  return (epoch) => lr * gamma ** milestones.filter((milestone) => milestone <= epoch).length;
}

export interface MultiStepLrOptions {
  readonly lr: number;
  readonly milestones: readonly number[];
  /** Factor at each milestone. Default 0.1. */
  readonly gamma?: number;
}

/** `lr · gamma^epoch`: PyTorch's ExponentialLR. */
export function exponentialLr({ lr, gamma }: { lr: number; gamma: number }): Schedule {
  requireRange("exponentialLr", { lr, gamma });
  return (epoch) => lr * gamma ** epoch;
}

/** `lr · (1 − min(epoch / epochs, 1))^power`: PyTorch's PolynomialLR, its total_iters. */
export function polynomialLr({ lr, epochs, power = 1 }: { lr: number; epochs: number; power?: number }): Schedule {
  requireRange("polynomialLr", { lr, power });
  requireRange("polynomialLr", { epochs }, Number.MIN_VALUE);
  return (epoch) => lr * (1 - Math.min(epoch / epochs, 1)) ** power;
}

/** @throws ArgumentError naming the options that aren't finite numbers from `min` on. */
export function requireRange(where: string, options: Readonly<Record<string, number>>, min = 0): void {
  const wrong = Object.entries(options).filter(([, value]) => !(value >= min && value < Number.POSITIVE_INFINITY));
  if (wrong.length === 0) return;
  const rule = `${wrong.map(([name]) => name).join(", ")} must be ${min > 0 ? "a positive number" : "a number ≥ 0"}`;
  throw new ArgumentError(where, { rule, got: wrong.map(([, value]) => String(value)).join(", ") });
}
