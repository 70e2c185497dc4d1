/** How an image becomes the input that weights were trained for: resize the shorter side, crop the middle, scale to [0, 1], normalise. */
export interface Preprocessing {
  /** Shorter side after resizing, in pixels. */
  readonly resize: number;
  /** Side of the square cut from the middle, in pixels. */
  readonly crop: number;
  readonly interpolation: "bilinear" | "bicubic";
  /** By channel, of values in [0, 1]. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** ImageNet's statistics, as torchvision's weights take them. */
export const IMAGENET_PREPROCESSING: Preprocessing = {
  resize: 256,
  crop: 224,
  interpolation: "bilinear",
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** Of the Inceptions whose weights come from TensorFlow, as timm takes them: values from −1 to 1. */
export const INCEPTION_PREPROCESSING: Preprocessing = {
  resize: 341,
  crop: 299,
  interpolation: "bicubic",
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};
