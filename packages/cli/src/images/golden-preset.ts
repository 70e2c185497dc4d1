import type { ImagePreset } from "@vertebra/parity";
import { normalize } from "./preprocess";
import { cropCenter, resize, shorterSideTo } from "./resize";

/** torchvision's classification preprocessing as golden rows ask for it. Image [C, H, W] → cropped and y [C, h, w]. */
export const imageNetPreset: ImagePreset = async ({ shape, bytes }, { resize: side, crop, interpolation, mean, std }) => {
  const [channels = 0, height = 0, width = 0] = shape;
  if (interpolation !== "bilinear" && interpolation !== "bicubic") return undefined;
  if (typeof side !== "number" || typeof crop !== "number") return undefined;
  const plane = height * width;
  const pixels = Uint8Array.from(
    { length: channels * plane },
    (_, i) => bytes[(i % channels) * plane + Math.floor(i / channels)] as number,
  );
  const resized = resize({ pixels, width, height, channels }, ...shorterSideTo(side, { width, height }), interpolation);
  const cropped = cropCenter(resized, crop, crop);
  const area = crop * crop;
  const planes = Float64Array.from(
    { length: channels * area },
    (_, i) => cropped.pixels[(i % area) * channels + Math.floor(i / area)] as number,
  );
  const { values, shape: outShape } = normalize(cropped, mean as readonly number[], std as readonly number[], 0);
  return { cropped: { shape: outShape, data: planes }, y: { shape: outShape, data: values } };
};
