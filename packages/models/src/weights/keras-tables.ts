// Names of keras.applications (keras-applications 1.0.8 and Keras 2 and 3): vgg16.py, vgg19.py, resnet.py, densenet.py, with the
// layer's variables named as PyTorch's.
import type { KeyRename } from "@vertebra/core";
import type { ModelKeyTable } from "./model-key-table";

/** Convolutions of the five blocks. */
const VGG16 = [2, 2, 3, 3, 3] as const;
const VGG19 = [2, 2, 4, 4, 4] as const;

/** torchvision counts convolutions, ReLUs and poolings in one list. */
function vggRows(blocks: readonly number[]): KeyRename[] {
  const starts = blocks.map((_, i) => blocks.slice(0, i).reduce((sum, convs) => sum + 2 * convs + 1, 0));
  return [
    {
      from: /^block(\d)_conv(\d)\.(\w+)$/,
      to: (block, conv, leaf) => `features.${(starts[Number(block) - 1] ?? 0) + 2 * (Number(conv) - 1)}.${leaf}`,
    },
    { from: /^fc1\.(\w+)$/, to: "classifier.0.$1" },
    { from: /^fc2\.(\w+)$/, to: "classifier.3.$1" },
    { from: /^predictions\.(\w+)$/, to: "classifier.6.$1" },
  ];
}

const HEAD = /^(?:predictions|probs|fc1000)\.(\w+)$/;

export const KERAS_TABLES: readonly ModelKeyTable[] = [
  { name: "VGG19's names of Keras", when: /^block3_conv4\./, renames: vggRows(VGG19) },
  { name: "VGG16's names of Keras", when: /^block3_conv3\./, renames: vggRows(VGG16) },
  {
    // Its convolutions have biases, and blocks their stride on the first 1×1.
    name: "ResNet's names of Keras",
    when: /^conv2_block1_0_conv\./,
    options: { version: "1" },
    renames: [
      { from: /^conv1_conv\.(\w+)$/, to: "conv1.$1" },
      { from: /^conv1_bn\.(\w+)$/, to: "bn1.$1" },
      {
        from: /^conv(\d)_block(\d+)_0_(conv|bn)\.(\w+)$/,
        to: (stage, block, kind, leaf) =>
          `layer${Number(stage) - 1}.${Number(block) - 1}.downsample.${kind === "bn" ? 1 : 0}.${leaf}`,
      },
      {
        from: /^conv(\d)_block(\d+)_([123])_(conv|bn)\.(\w+)$/,
        to: (stage, block, n, kind, leaf) => `layer${Number(stage) - 1}.${Number(block) - 1}.${kind}${n}.${leaf}`,
      },
      { from: HEAD, to: "fc.$1" },
    ],
    folds: [
      { from: /^(.*?)conv(\d)\.bias$/, to: "$1bn$2.running_mean" },
      { from: /^(.*)downsample\.0\.bias$/, to: "$1downsample.1.running_mean" },
    ],
  },
  {
    name: "DenseNet's names of Keras",
    when: /^pool2_bn\./,
    renames: [
      { from: /^conv1[._]conv\.(\w+)$/, to: "features.conv0.$1" },
      { from: /^conv1[._]bn\.(\w+)$/, to: "features.norm0.$1" },
      {
        // Numbered by what is in front: 0_bn, 1_conv, 1_bn, 2_conv.
        from: /^conv(\d)_block(\d+)_([012])_(conv|bn)\.(\w+)$/,
        to: (stage, block, n, kind, leaf) =>
          `features.denseblock${Number(stage) - 1}.denselayer${block}.${kind === "bn" ? `norm${Number(n) + 1}` : `conv${n}`}.${leaf}`,
      },
      {
        from: /^pool(\d)_(conv|bn)\.(\w+)$/,
        to: (stage, kind, leaf) => `features.transition${Number(stage) - 1}.${kind === "bn" ? "norm" : kind}.${leaf}`,
      },
      { from: /^bn\.(\w+)$/, to: "features.norm5.$1" },
      { from: HEAD, to: "classifier.$1" },
    ],
  },
];
