import { chain, checkpoint, Module, Sequential, type Step } from "@vertebra/core";

/** A run of layers at whose end the feature map is of use to others: usually the last one before the resolution halves. */
export interface Stage {
  /** The module's name where a stage is one module (`layer1`), else the paper's. */
  readonly name: string;
  /** Channels of its output. */
  readonly channels: number;
  /** Side of the image by side of its output. */
  readonly stride: number;
  readonly steps: readonly Step[];
}

/** Which feature maps are wanted. */
export interface StageOptions {
  /** Names of stages, in any order. Default: all. */
  readonly stages?: readonly string[];
}

/** The layers of a model's `tree` that `steps` run: a step that is no level of the tree stands for its own, which are. */
export const treeLayers = (steps: readonly Step[], tree: ReadonlySet<Module<unknown>>): Module<unknown>[] =>
  steps
    .filter((step): step is Module => step instanceof Module)
    .flatMap((step) => (tree.has(step) ? [step] : step.namedChildren().map(([, layer]) => layer)));

/** The steps as one that keeps only its input for backward. */
export function recomputed(steps: readonly Step[]): Step {
  const parameters = steps.flatMap((step) => (step instanceof Module ? step.parameters() : []));
  return (x) => checkpoint((y) => chain(y, ...steps), [x], parameters);
}

/** Blocks each by itself, alone or in a sequence; layers next to each other together, as each alone would keep as much as it saves. */
export function checkpointUnits(steps: readonly Step[]): Step[][] {
  const units: Step[][] = [];
  let open: Step[] | undefined;
  for (const step of steps) {
    const blocks = blocksOf(step);
    if (blocks) {
      units.push(...blocks.map((block) => [block]));
      open = undefined;
    } else if (open) open.push(step);
    else units.push((open = [step]));
  }
  return units;
}

/** The blocks that a step consists of; undefined for one layer or a sequence of layers. */
function blocksOf(step: Step): Module[] | undefined {
  const blocks = step instanceof Sequential ? step.layers : step instanceof Module ? [step] : [];
  return blocks.length > 0 && blocks.every((block) => block.namedChildren().length > 0) ? blocks : undefined;
}
