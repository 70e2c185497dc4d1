import type { Preprocessing } from "../training/data";
import { cropCenter, type Raster, resizeBilinear, shorterSideTo } from "./resize";

/** How torchvision's classification weights were evaluated. */
const IMAGENET = { resize: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** A model's input for one image: values [C, H, W]. */
export interface PreparedImage {
  readonly values: Float32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
}

/** Resize the shorter side to 256, crop the middle 224, normalise. */
export function prepareImageNet(image: Raster): PreparedImage {
  const { resize, crop, mean, std } = IMAGENET;
  return normalize(cropCenter(resizeBilinear(image, ...shorterSideTo(resize, image)), crop, crop), mean, std, 0);
}

/** As training saw its images: to their size, padded with black, normalised. */
export function prepareAsTrained(image: Raster, { height, width, padding, mean, std }: Preprocessing): PreparedImage {
  return normalize(resizeBilinear(image, width, height), mean, std, padding);
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
