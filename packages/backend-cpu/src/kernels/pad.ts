import type { KernelTable } from "@vertebra/core";
import { type PaddedAxis, paddedAxes, paddedSize, patternOf, product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";
import { elementBytesOf } from "./strided";

type Attrs = KernelTable["pad"];

/** As pad.h numbers them. */
const MODES: { readonly [M in Attrs["mode"]]: number } = { constant: 0, reflect: 1, replicate: 2 };

/** y = x with before[i] and after[i] elements around axis i. */
export const pad: Plan<Attrs> = (inputs, outputs, { before, after, mode, value }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const elements = product(y.shape);
  if (elements === 0) return null;
  const axes = paddedAxes("pad", { shape: x.shape, before, after });
  const rows = elements / paddedSize(axes.at(-1) as PaddedAxis);
  const tasks = Math.min(rows, tasksFor(elements, workers));
  return {
    entry: "pad",
    ints: [
      x.pointer,
      y.pointer,
      elementBytesOf(x),
      MODES[mode],
      patternOf(y.dtype, value),
      rows,
      tasks,
      axes.length,
      ...axes.flat(),
    ],
  };
};

export const modeNumber = (mode: Attrs["mode"]): number => MODES[mode];
