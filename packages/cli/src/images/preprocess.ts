import type { Preprocessing as PublishedPreprocessing } from "@vertebra/models";
import type { Preprocessing } from "../training/data";
import { cropCenter, type Raster, resize, shorterSideTo } from "./resize";

/** A model's input for one image: values [C, H, W]. */
export interface PreparedImage {
  readonly values: Float32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
}

/** As published weights saw their images: the shorter side resized, the middle cut out, normalised. */
export function prepareAsPublished(
  image: Raster,
  { crop, interpolation, mean, std, ...to }: PublishedPreprocessing,
): PreparedImage {
  const resized = resize(image, ...shorterSideTo(to.resize, image), interpolation);
  return normalize(cropCenter(resized, crop, crop), mean, std, 0);
}

/** As training saw its images: to their size, padded with black, normalised. */
export function prepareAsTrained(image: Raster, { height, width, padding, mean, std }: Preprocessing): PreparedImage {
  return normalize(resize(image, width, height), mean, std, padding);
}

/** (pixel / 255 − mean) / std in f32 steps as torchvision takes them; pixels [H, W, C] → values [C, H, W]. */
export function normalize(
  { pixels, width, height, channels }: Raster,
  mean: readonly number[],
  std: readonly number[],
  padding: number,
): PreparedImage {
  const { fround } = Math;
  const [outHeight, outWidth] = [height + 2 * padding, width + 2 * padding];
  const values = new Float32Array(channels * outHeight * outWidth);
  for (let c = 0; c < channels; c++) {
    const [m, s] = [fround(mean[c] ?? 0), fround(std[c] ?? 1)];
    const value = (pixel: number) => fround(fround(pixel / 255) - m) / s;
    const plane = values.subarray(c * outHeight * outWidth, (c + 1) * outHeight * outWidth).fill(value(0));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        plane[(y + padding) * outWidth + x + padding] = value(pixels[(y * width + x) * channels + c] as number);
    }
  }
  return { values, shape: [channels, outHeight, outWidth] };
}
