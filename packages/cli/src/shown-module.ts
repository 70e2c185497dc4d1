import { type Module, openMeta, unknownName, VertebraError, withDevice } from "@vertebra/core";
import { BLOCKS, createModel, findModel, listModels } from "@vertebra/models";
import type { ImageSize, JsonObject } from "./option-types";
import { asUsageError, UsageError } from "./usage-error";

/** A model or a block without data, for commands that only look at it. */
export interface ShownModule {
  readonly name: string;
  readonly module: Module;
  /** Of one image or map. */
  readonly input: ImageSize;
}

export interface ShownOptions {
  readonly inputSize?: ImageSize | undefined;
  readonly numClasses?: number | undefined;
  /** The model's or block's own. */
  readonly options?: JsonObject | undefined;
}

/** Side of a block's maps where none is given. */
const BLOCK_SIDE = 32;

/** Builds a model or a public block by name on the meta device. @throws UsageError naming the nearest name. */
export function buildShown(where: string, name: string, options: ShownOptions): ShownModule {
  if (Object.hasOwn(BLOCKS, name)) return buildBlock(where, name as keyof typeof BLOCKS, options);
  if (!listModels().includes(name)) {
    throw asUsageError(unknownName(where, "MODEL", name, [...listModels(), ...Object.keys(BLOCKS)]));
  }
  const { inputShape, numClasses } = findModel(name).facts;
  const input = options.inputSize ?? inputShape;
  const sizes = { numClasses: options.numClasses ?? numClasses, inChannels: input[0] };
  return { name, module: createModel(name, { ...sizes, ...options.options, device: openMeta() }), input };
}

function buildBlock(where: string, name: keyof typeof BLOCKS, { inputSize, options = {} }: ShownOptions): ShownModule {
  const channels = options.inChannels ?? options.channels ?? inputSize?.[0];
  if (typeof channels !== "number") {
    const example = `--options '{"inChannels": 64}'`;
    const got = Object.keys(options).length === 0 ? "none" : JSON.stringify(options);
    throw new UsageError(where, { rule: `a block must be given its options, at least the channels`, got, fix: example });
  }
  const input = inputSize ?? [channels, BLOCK_SIDE, BLOCK_SIDE];
  const make = () => BLOCKS[name]({ ...("inChannels" in BLOCKS[name].options && { inChannels: channels }), ...options });
  try {
    return { name, module: withDevice(openMeta(), make), input };
  } catch (error) {
    // Values of a wrong kind are found where something needs them.
    if (error instanceof VertebraError) throw error;
    const got = JSON.stringify(options);
    throw new UsageError(where, { rule: `--options must be those of ${name}`, got: `${got} (${(error as Error).message})` });
  }
}
