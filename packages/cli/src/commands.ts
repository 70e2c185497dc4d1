import type { OptionsOf } from "./options";
import type { Output } from "./output";

/** What a command is started with. */
export interface CommandContext<C extends CommandName> {
  /** Positional arguments; as many as the row says. */
  readonly args: readonly string[];
  readonly options: OptionsOf<C>;
  readonly output: Output;
}

/** The exit code: 0 done, 1 the work failed. */
export type Command<C extends CommandName> = (context: CommandContext<C>) => Promise<number>;

interface CommandRow {
  /** One line, imperative. */
  readonly summary: string;
  /** Names of positional arguments: `MODEL` is asked for, `[MODEL]` may be left out, `IMAGE…` takes one or more, `[MODEL]…` any number. */
  readonly args: readonly string[];
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** More text for help. */
  readonly notes?: string;
  /** Shape of what `--json` prints: stable, fields may be added. */
  readonly json: string;
  readonly isHidden?: true;
}

/** Every command; the one named `x` is in commands/x.ts. */
export const COMMANDS = {
  devices: {
    summary: "List devices, and why others can't be used",
    args: [],
    examples: [
      ["vertebra devices", "what `auto` may choose from"],
      ["vertebra devices --threads 1", "with one thread"],
    ],
    json: "[{ name, available, reason?, adapter?, features }]",
  },
  models: {
    summary: "List models with their parameters and MACs",
    args: [],
    examples: [["vertebra models", "names for summary, train, run, …"]],
    json: "[{ name, params, macs, input, numClasses, source }]",
  },
  summary: {
    summary: "Show a model or a block layer by layer",
    args: ["MODEL"],
    examples: [
      ["vertebra summary resnet50", "output shape, parameters, MACs and activation bytes of each layer"],
      ["vertebra summary resnet18 --input 1x64x64 --batch 8", "at another size"],
      ["vertebra summary lenet5 --format torch", "as PyTorch's print(model)"],
      [`vertebra summary Bottleneck --options '{"inChannels": 256, "channels": 64}' --input 256x56x56`, "one block"],
    ],
    json:
      "{ model, params, macs, input, output, stages: [{ name, output, params, macs, activationBytes }], " +
      "layers: [{ path, type, output, params, macs, activationBytes, receptiveField }] }",
  },
  compare: {
    summary: "Set models side by side",
    args: ["[MODEL]…"],
    examples: [
      ["vertebra compare resnet50 efficientnet_b0 vgg16", "parameters, MACs, activation memory, depth and published accuracy"],
      ["vertebra compare --svg models.svg", "all models with published accuracy, as a scatter plot too"],
    ],
    json: "[{ model, params, macs, activationBytes, depth, top1?, source? }], top1 in percent",
    notes:
      "Counted for one image of the model's own size, on shapes alone. Depth is the number of convolutions and linear layers on the " +
      "longest way through. Accuracy is quoted from the tables named in `source`.",
  },
  lint: {
    summary: "Look for the traps in a model",
    args: ["MODEL"],
    examples: [
      ["vertebra lint lenet5", "unused parameters, dropped rows, missing activations, …"],
      ["vertebra lint resnet18 --input 3x32x32", "at another size: what strides have left nothing of"],
    ],
    json: "{ model, input, params, unusedParams, findings: [{ rule, severity, path, message, why, fix }] }, severity error, warning or note",
    notes:
      "Runs on shapes alone, so it takes neither weights nor time. Exit code 1 if there is an error or a warning; notes are for information.",
  },
  train: {
    summary: "Train a model",
    args: ["[MODEL]"],
    examples: [
      ["vertebra train lenet5 --data mnist", "ten epochs with the defaults"],
      ["vertebra train resnet18 --data ./fashion --epochs 2 --optimizer adamw --lr 0.001", "your own IDX files"],
      ["vertebra train resnet18 --data ./fashion --weights resnet18.pth", "fine-tuning: start from weights as far as they fit"],
      ["vertebra train --resume lenet5.safetensors", "go on after Ctrl-C, a kill or a power cut"],
    ],
    json:
      "{ model, data, device, start?: { loaded, missing, unexpected, mismatched, adapted, rules }, finished, steps, epochs: [{ epoch, loss, accuracy, imagesPerSecond, test?: { images, correct, accuracy, loss } }], " +
      "testAccuracy, checkpoint }",
    notes:
      "Ctrl-C ends the step at hand, saves and says how to go on (exit code 1); a second one ends at once. A loss that isn't finite " +
      "stops training with the step and the first layer that made it, and keeps the weights of before that step.",
  },
  eval: {
    summary: "Measure a trained model on test images",
    args: ["MODEL"],
    examples: [["vertebra eval lenet5 --weights lenet5.safetensors --data mnist", "accuracy and loss on the 10,000 test images"]],
    json: "{ model, data, device, images, correct, accuracy, loss, imagesPerSecond }",
  },
  predict: {
    summary: "Classify images",
    args: ["MODEL", "IMAGE…"],
    examples: [
      ["vertebra predict lenet5 --weights lenet5.safetensors seven.png", "the most probable classes"],
      ["vertebra predict resnet50 --weights resnet50.safetensors *.jpg --top-k 1 --json", "many at a time"],
    ],
    json: "[{ image, predictions: [{ index, label, probability }] }]",
    notes: "PNG, JPEG and what else sharp reads, at most 100 megapixels.",
  },
  run: {
    summary: "Run a model on a tensor from a file",
    args: ["MODEL"],
    examples: [
      [
        "vertebra run resnet18 --weights w.safetensors --input x.safetensors --output y.safetensors",
        "tensor input in, tensor logits out",
      ],
    ],
    json: "{ model, device, input, logits, seconds, output }",
  },
  convert: {
    summary: "Write weights of any format as safetensors",
    args: ["IN", "OUT"],
    examples: [
      ["vertebra convert resnet18.pth resnet18.safetensors", "PyTorch's, old and new; nothing in the file is executed"],
      ["vertebra convert model.json vgg16.safetensors --model vgg16", "Keras's from TensorFlow.js, under the model's names"],
      ["vertebra convert hf://owner/name b0.safetensors --model efficientnet_b0", "timm's from the hub"],
    ],
    json: "{ input, output, format, tensors, bytes, model?, rules }",
    notes:
      "Reads .pth, .pt, .bin, .npz, .safetensors, an index of shards and the model.json of a Keras model of TensorFlow.js, with quantised " +
      "shards too. With --model the weights must all be the model's, and its preprocessing and classes go with them. Keras's .h5 becomes " +
      "a model.json by tensorflowjs_converter.",
  },
  parity: {
    summary: "Compare devices with the f64 reference",
    args: [],
    examples: [
      ["vertebra parity --devices cpu", "every op, its gradient and small models"],
      ["vertebra parity --ops conv2d,matmul", "two ops"],
      ["vertebra parity --goldens ./goldens --json", "cases recorded from PyTorch"],
    ],
    json:
      "{ devices, passed, failed, skipped, worst: [{ device, op, case, fraction }], failures: [{ device, op, case, kind, message, error, bound }] }, " +
      "with --goldens also lacking: [{ op, case, what }]",
    notes: "Errors are shown as fractions of bounds that are derived, not chosen. Exit code 1 if a case fails.",
  },
  quickstart: {
    summary: "Train LeNet-5 on MNIST and look at what it learned",
    args: [],
    examples: [["vertebra quickstart", "a minute or two"]],
    json: "{ devices, device, testAccuracy, checkpoint, digits, parity }",
    isHidden: true,
  },
} as const satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof COMMANDS;

export const commandRow = (name: CommandName): CommandRow => COMMANDS[name];

/** Loads a command's file, so that `--help` doesn't load kernels. */
export const LOADERS: { readonly [C in CommandName]: () => Promise<Command<C>> } = {
  devices: async () => (await import("./commands/devices")).devices,
  models: async () => (await import("./commands/models")).models,
  summary: async () => (await import("./commands/summary")).summary,
  compare: async () => (await import("./commands/compare")).compare,
  lint: async () => (await import("./commands/lint")).lint,
  train: async () => (await import("./commands/train")).train,
  eval: async () => (await import("./commands/eval")).evalCommand,
  predict: async () => (await import("./commands/predict")).predict,
  run: async () => (await import("./commands/run")).run,
  convert: async () => (await import("./commands/convert")).convert,
  parity: async () => (await import("./commands/parity")).parity,
  quickstart: async () => (await import("./commands/quickstart")).quickstart,
};
