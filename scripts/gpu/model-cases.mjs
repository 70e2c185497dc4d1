// Which models are measured, in which rows and in order of value; every backend and the peer measure the same.
import { findModel } from "@vertebra/models";

/** Models of the steps that measure some: as many as fit into the time of one. */
export const RESNETS = ["resnet50", "resnet18"];
export const MORE = ["resnext50_32x4d", "densenet121", "efficientnet_b0"];
export const LARGE = ["inception_v3", "vgg16"];
export const CUDA_PRECISIONS = ["bf16", "f32", "tf32"];

/** Batches of training steps and of inference: what a GPU is bought for first, then one image at a time, then as much as fits. */
const ROUNDS = [{ step: 32, inference: 32 }, { inference: 1 }, { step: 256, inference: 256 }];
/** Batch norm over a single value would divide by zero. */
const SMALL_ROUNDS = [{ step: 2, inference: 1 }];
/** Small images leave nothing of the maps for an auxiliary head, which training has, and don't make 138 million weights fewer. */
const NOT_SMALL = { inception_v3: ["step"], vgg16: ["step", "inference"] };

/** Images and labels in, loss out; images in, logits out. `isSmall`: for a processor that plays the GPU, each model in one of the precisions. */
export const modelCases = (models, { precisions, isSmall = false }) =>
  (isSmall ? SMALL_ROUNDS : ROUNDS).flatMap((round) =>
    models.flatMap((model, i) =>
      (isSmall ? [precisions[i % precisions.length]] : precisions).flatMap((precision) =>
        Object.entries(round)
          .filter(([kind]) => !(isSmall && NOT_SMALL[model]?.includes(kind)))
          .map(([kind, batch]) => modelCase(model, { kind, batch, precision, isSmall })),
      ),
    ),
  );

export function modelCase(model, { kind, batch, precision, isSmall = false }) {
  const { inputShape, smallSide } = findModel(model).facts;
  const [channels, side] = [inputShape[0], isSmall ? smallSide : inputShape[1]];
  return {
    key: `${model} ${kind} batch ${batch}${side === inputShape[1] ? "" : ` at ${side}²`} ${precision}`,
    kind,
    model,
    batch,
    precision,
    shape: [batch, channels, side, side],
  };
}
