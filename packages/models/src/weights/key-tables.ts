import type { KeyRename } from "@vertebra/core";
import type { ModelOptions } from "../define-model";
import { KERAS_TABLES } from "./keras-tables";
import type { ModelKeyTable } from "./model-key-table";

/** Behind `blocks.0.0.` of timm: where torchvision has it, behind `features.1.0.block.`. The first stage expands nothing. */
const SEPARABLE: Readonly<Record<string, string>> = {
  conv_dw: "0.0",
  bn1: "0.1",
  "se.conv_reduce": "1.fc1",
  "se.conv_expand": "1.fc2",
  conv_pw: "2.0",
  bn2: "2.1",
};
/** The same behind `blocks.1.0.` and on. */
const INVERTED: Readonly<Record<string, string>> = {
  conv_pw: "0.0",
  bn1: "0.1",
  conv_dw: "1.0",
  bn2: "1.1",
  "se.conv_reduce": "2.fc1",
  "se.conv_expand": "2.fc2",
  conv_pwl: "3.0",
  bn3: "3.1",
};

const blockRows = (stage: string, parts: Readonly<Record<string, string>>): KeyRename[] =>
  Object.entries(parts).map(([timm, own]) => ({
    from: new RegExp(`^blocks\\.(${stage})\\.(\\d+)\\.${timm.replace(".", "\\.")}\\.(.+)$`),
    to: (i = "", block = "", leaf = "") => `features.${Number(i) + 1}.${block}.block.${own}.${leaf}`,
  }));

/** A layer's parameters and statistics, whatever they are. */
const layer = (from: string, ...to: readonly string[]): KeyRename => ({
  from: new RegExp(`^${from.replaceAll(".", "\\.")}\\.(\\w+)$`),
  to: to.map((one) => `${one}.$1`),
});

const flattenedLayer = (from: string, to: string): KeyRename => ({ ...layer(from, to), flatten: true });

/** What the layer is called that gives logits. */
const HEADS = [
  "fc",
  "last_linear",
  "classif",
  "classifier",
  "classifier.1",
  "classifier.6",
  "head.fc",
  "head",
  "linear",
] as const;

/** Other projects' names, as they were looked up in their sources; the first row that fits a name renames it. */
export const KEY_TABLES: readonly ModelKeyTable[] = [
  {
    // `norm.1`, when names could have dots: torchvision 0.2, models/densenet.py, whose published files still have them.
    name: "DenseNet's names of torchvision before 0.3",
    when: /\.denselayer\d+\.(?:norm|conv)\.[12]\./,
    renames: [{ from: /^(.*\.denselayer\d+\.(?:norm|conv))\.([12])\.(\w+)$/, to: "$1$2.$3" }],
  },
  {
    name: "VGG's names of timm",
    when: /^pre_logits\.fc1\./,
    renames: [
      flattenedLayer("pre_logits.fc1", "classifier.0"),
      flattenedLayer("pre_logits.fc2", "classifier.3"),
      layer("head.fc", "classifier.6"),
    ],
  },
  {
    name: "EfficientNet's names of timm",
    when: /^conv_stem\./,
    renames: [
      layer("conv_stem", "features.0.0"),
      layer("bn1", "features.0.1"),
      ...blockRows("0", SEPARABLE),
      ...blockRows("[1-9]", INVERTED),
      layer("conv_head", "features.8.0"),
      layer("bn2", "features.8.1"),
      layer("classifier", "classifier.1"),
    ],
  },
  {
    name: "ResNet v2's names of timm",
    when: /^stages\.0\.blocks\.0\.norm1\./,
    options: { version: "2" },
    renames: [
      layer("stem.conv", "conv1"),
      {
        from: /^stages\.(\d)\.blocks\.(\d+)\.(norm|conv)(\d)\.(\w+)$/,
        to: (stage, block, kind, n, leaf) => `layer${Number(stage) + 1}.${block}.${kind === "norm" ? "bn" : kind}${n}.${leaf}`,
      },
      {
        from: /^stages\.(\d)\.blocks\.(\d+)\.downsample\.conv\.(\w+)$/,
        to: (stage, block, leaf) => `layer${Number(stage) + 1}.${block}.downsample.0.${leaf}`,
      },
      flattenedLayer("head.fc", "fc"),
    ],
  },
  {
    name: "VGG's and AlexNet's names of pretrained-models.pytorch",
    when: /^linear0\./,
    renames: [
      { from: /^_features\.(.+)$/, to: "features.$1" },
      layer("linear0", "classifier.0", "classifier.1"),
      layer("linear1", "classifier.3", "classifier.4"),
      layer("last_linear", "classifier.6"),
    ],
  },
  ...KERAS_TABLES,
  {
    // timm and pretrained-models.pytorch on one side, torchvision on the other.
    name: "another name of the classifier",
    when: new RegExp(`^(?:${HEADS.join("|").replaceAll(".", "\\.")})\\.(?:weight|bias)$`),
    renames: HEADS.map((head) => layer(head, ...HEADS)),
  },
  {
    // torchvision's published files have them; a model built with auxLogits: false hasn't.
    name: "without auxiliary classifiers",
    when: /^(?:aux[12]|AuxLogits)\./,
    optional: /^(?:aux[12]|AuxLogits)\./,
  },
];

/** Options that a model must be built with for weights to which these rules were applied. */
export const optionsFor = (rules: readonly string[]): ModelOptions & Readonly<Record<string, string | boolean>> =>
  Object.assign({}, ...KEY_TABLES.filter(({ name }) => rules.includes(name)).map(({ options }) => options));
