import { defineConfig } from "tsup";
import { library } from "../../tsup.base";

export default defineConfig(
  library({
    index: "src/index.ts",
    lenet: "src/lenet.ts",
    resnet: "src/resnet.ts",
    "resnet-cifar": "src/resnet-cifar.ts",
    densenet: "src/densenet.ts",
    efficientnet: "src/efficientnet.ts",
    alexnet: "src/alexnet.ts",
    vgg: "src/vgg.ts",
    googlenet: "src/googlenet.ts",
    "inception-v2": "src/inception-v2.ts",
    "inception-v3": "src/inception-v3.ts",
    "inception-v4": "src/inception-v4.ts",
    "inception-resnet-v2": "src/inception-resnet-v2.ts",
  }),
);
