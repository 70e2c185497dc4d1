import { ArgumentError } from "../errors";
import { linearLr, requireRange, type Schedule } from "./schedules";

/**
 * One schedule after the other, each counting from its own 0: `schedules[k](epoch − milestones[k − 1])`, k = milestones
 * reached. PyTorch's SequentialLR.
 * @throws ArgumentError unless there is one milestone fewer than schedules, in rising order.
 */
export function sequentialLr({ schedules, milestones }: SequentialOptions): Schedule {
  const isRising = milestones.every((milestone, i) => milestone >= (milestones[i - 1] ?? 0));
  if (schedules.length !== milestones.length + 1 || !isRising) {
    const rule = "milestones must rise from 0 on, one fewer than schedules";
    throw new ArgumentError("sequentialLr", { rule, got: `[${milestones.join(", ")}] and ${schedules.length} schedules` });
  }
  return (epoch) => {
    const reached = milestones.filter((milestone) => milestone <= epoch).length;
    return (schedules[reached] as Schedule)(epoch - (milestones[reached - 1] ?? 0));
  };
}

export interface SequentialOptions {
  readonly schedules: readonly Schedule[];
  readonly milestones: readonly number[];
}

/**
 * All schedules at once: `lr · Π schedules[k](epoch) / lr`, each of them made with the same `lr`. PyTorch's ChainedScheduler,
 * for schedules that multiply (constant, linear, step, multi-step, exponential, polynomial): what PyTorch makes of others
 * depends on their order.
 */
export function chainedLr({ lr, schedules }: { lr: number; schedules: readonly Schedule[] }): Schedule {
  requireRange("chainedLr", { lr }, Number.MIN_VALUE);
  return (epoch) => schedules.reduce((product, schedule) => product * (schedule(epoch) / lr), lr);
}

/**
 * Rises linearly from `start · schedule(0)` to `schedule(0)` over `epochs`, then follows the schedule from its own epoch 0:
 * torchvision's recipe, a LinearLR and a main schedule in a SequentialLR.
 */
export function withWarmup(schedule: Schedule, { epochs, start = 0.01 }: { epochs: number; start?: number }): Schedule {
  requireRange("withWarmup", { epochs, start });
  if (epochs === 0) return schedule;
  return sequentialLr({ schedules: [linearLr({ lr: schedule(0), start, epochs }), schedule], milestones: [epochs] });
}
