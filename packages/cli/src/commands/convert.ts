import {
  type HostTensor,
  layoutSafetensors,
  type NamedWeights,
  nameWeights,
  openMeta,
  requireFit,
  type SafetensorsLayout,
  type WeightsFile,
} from "@vertebra/core";
import { IMAGENET_CLASSES } from "@vertebra/models";
import type { Command } from "../commands";
import { downloadProgress } from "../download-progress";
import { formatBytes, formatCount } from "../format";
import { resolveWeights } from "../hub/download-weights";
import { buildModel, buildOptionsOf, factsOf, fittingModel, publishedPreprocessing } from "../known-models";
import { usingWeights } from "../open-file";
import { requireOtherFile } from "../output-path";
import { readRecord, withPath } from "../training/checkpoint";
import { UsageError } from "../usage-error";
import { type BuildOptions, readWeightsMetadata, type WeightsMetadata, writeWeightsMetadata } from "../weights-metadata";
import { writeAtomically } from "../write-atomically";

export const convert: Command<"convert"> = async ({ args, options, output }) => {
  const [input = "", out = ""] = args;
  const { model, ema } = options;
  if (model !== undefined) factsOf(WHERE, model);
  const own = buildOptionsOf(WHERE, options.options);
  if (own && model === undefined) throw new UsageError(WHERE, { rule: "--options needs a --model to be those of" });
  if (!out.endsWith(".safetensors")) throw new UsageError(WHERE, { rule: "OUT must end in .safetensors", got: `"${out}"` });
  const path = await resolveWeights(input, { onProgress: downloadProgress(output, input) });
  await requireOtherFile(WHERE, out, [path]);
  return usingWeights(path, async (file) => {
    const { named, metadata } = await (model === undefined ? freed(file, path, ema) : fitted(file, path, { model, ema, own }));
    const layout = layoutSafetensors(named.entries, [["format", "pt"], ...writeWeightsMetadata(metadata)]);
    await writeAtomically(out, chunksOf(named, layout));
    const { rules } = named;
    const counts = { tensors: layout.names.length, bytes: layout.bytes };
    output.json({ input, output: out, format: file.format, ...counts, ...(model !== undefined && { model }), rules });
    if (!output.isJson) {
      for (const rule of rules) output.say(output.paint("dim", rule));
      output.say(`Saved ${out}: ${formatCount(counts.tensors)} tensors, ${formatBytes(counts.bytes)}`);
    }
    return 0;
  });
};

const WHERE = "vertebra convert";

interface Converted {
  readonly named: NamedWeights;
  readonly metadata: WeightsMetadata;
}

/** Under the file's own names, without what training loops put around them. */
async function freed(file: WeightsFile, path: string, ema: boolean | undefined): Promise<Converted> {
  return { named: await nameWeights(file, path, { ema }), metadata: told(file, path) };
}

interface Wanted {
  readonly model: string;
  readonly ema: boolean | undefined;
  readonly own: BuildOptions | undefined;
}

/** Under the model's names, which must all be there, with what `predict` needs. */
async function fitted(file: WeightsFile, path: string, { model: name, ema, own }: Wanted): Promise<Converted> {
  const facts = factsOf(WHERE, name);
  const { options: written, ...known } = told(file, path);
  const fitting = await fittingModel(facts, file, { path, ema, options: { ...written, ...own }, keepAux: true });
  const model = buildModel(name, fitting, openMeta());
  const named = await nameWeights(file, path, { model, ema });
  withPath(path, () => requireFit(model.stateDict(), named.entries));
  const preprocessing = publishedPreprocessing(facts, file, named.rules);
  const metadata: WeightsMetadata = {
    ...(Object.keys(fitting.options).length > 0 && { options: fitting.options }),
    ...(preprocessing && { preprocessing }),
    ...(fitting.numClasses === IMAGENET_CLASSES.length && { classes: IMAGENET_CLASSES }),
    ...known,
    model: name,
  };
  return { named, metadata };
}

/** What the file says of itself; of a training checkpoint, what outlasts training. */
function told(file: WeightsFile, path: string): WeightsMetadata {
  const record = readRecord(path, file.metadata);
  const { model, options, preprocessing, classes } = record ?? {};
  return {
    ...(model && preprocessing && classes && { model, ...(options && { options }), preprocessing, classes }),
    ...readWeightsMetadata(path, file.metadata),
  };
}

/** One tensor at a time, so that memory doesn't grow with the file. */
async function* chunksOf(file: NamedWeights, { header, names }: SafetensorsLayout): AsyncGenerator<Uint8Array> {
  yield header;
  for (const name of names) {
    const { bytes }: HostTensor = await file.read(name);
    yield bytes;
  }
}
