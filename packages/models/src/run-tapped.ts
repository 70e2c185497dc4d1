import { chain, MapSizeError, type Step, type Tensor } from "@vertebra/core";
import type { ModelFacts } from "./define-model";

/** A part of a network and what it does, in order; "" is what belongs to the part before. */
export type NamedSteps = readonly [name: string, steps: readonly Step[]];

export interface TappedRun {
  readonly output: Tensor;
  /** Of the wanted parts, in the network's order. */
  readonly maps: Tensor[];
}

interface RunOptions {
  /** Names of parts whose outputs to keep. */
  readonly wanted: readonly string[];
  readonly facts: ModelFacts | undefined;
}

/**
 * The parts one after the other; x [N, C, H, W] → the last one's output, with the feature maps at the ends of the wanted ones.
 * @throws MapSizeError for images too small, with the size to use.
 */
export function runTapped(x: Tensor, parts: readonly NamedSteps[], { wanted, facts }: RunOptions): TappedRun {
  const maps: Tensor[] = [];
  let part = "";
  const tap: Step = (y) => {
    maps.push(y.alias());
    return y;
  };
  const enter =
    (name: string): Step =>
    (y) => {
      part = name || part;
      return y;
    };
  const steps = parts.flatMap(([name, own]) => [enter(name), ...own, ...(wanted.includes(name) ? [tap] : [])]);
  try {
    return { output: chain(x, ...steps), maps };
  } catch (error) {
    throw error instanceof MapSizeError && facts ? withImageSize(error, facts, part) : error;
  }
}

/** Names the part for a step that is no layer of the tree, and gives the images' size: nobody chooses that of a map inside. */
function withImageSize({ where, fields, layer }: MapSizeError, facts: ModelFacts, part: string): MapSizeError {
  const { inputShape, smallSide } = facts;
  const [, height, width] = inputShape;
  const least = smallSide < Math.min(height, width) ? ` (at least ${smallSide}×${smallSide})` : "";
  const error = new MapSizeError(where, { ...fields, fix: `Resize the images to ${height}×${width}${least}` });
  error.locate(layer ?? part);
  return error;
}
