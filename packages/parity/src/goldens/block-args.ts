import { Lacking } from "./attrs";
import type { BlockMaker } from "./replay";

type Args = Readonly<Record<string, unknown>>;

/** What torchvision, Keras and the textbooks call an option, beside our own name in snake_case. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  inChannels: ["inplanes", "inputChannels", "numInputFeatures"],
  outChannels: ["outplanes", "numChannels", "numOutputFeatures"],
  channels: ["planes"],
  kernel: ["kernelSize"],
  stride: ["strides"],
  widthPerGroup: ["baseWidth"],
  layers: ["numLayers"],
  blocks: ["numBlocks", "numResiduals"],
  first: ["firstBlock"],
  use1x1Conv: ["useConv1x1"],
  stochasticDepth: ["stochasticDepthProb"],
};

/**
 * A row's arguments under the block's names.
 * @throws Lacking naming an option that the block doesn't have, or that the row would have to give.
 */
export function blockArgs(options: BlockMaker["options"], args: Args): Args {
  if (!options) return args;
  const own = Object.keys(options);
  const renamed = Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const found = own.find((option) => isNameOf(option, name));
      if (found === undefined) throw new Lacking(`block option ${name}`);
      return [found, value];
    }),
  );
  const missing = own.find((option) => options[option] === "required" && renamed[option] === undefined);
  if (missing !== undefined) throw new Lacking(`a row without block option ${missing}`);
  return renamed;
}

const isNameOf = (option: string, name: string): boolean =>
  [option, ...(ALIASES[option] ?? [])].some((known) => plain(known) === plain(name));

/** `use_1x1conv` and `use1x1Conv` are one name. */
const plain = (name: string): string => name.replaceAll("_", "").toLowerCase();
