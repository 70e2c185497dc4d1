import { stat } from "node:fs/promises";
import { ArgumentError, FileFormatError } from "@vertebra/core";
import type { Raster } from "./resize";

/** A hundred megapixels are 300 MB of RGB: more is a mistake, or meant to do harm. */
const MAX_PIXELS = 100_000_000;
const FORMATS: readonly string[] = ["png", "jpeg", "webp", "gif", "tiff", "heif"];

/**
 * An image file as 8-bit grey (`channels` 1) or RGB (3), upright. Its size is checked before anything is decoded.
 * @throws FileFormatError if it isn't an image, isn't whole or is too large. @throws ArgumentError without file, or without sharp.
 */
export async function decodeImage(path: string, channels: 1 | 3): Promise<Raster> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile())
    throw new ArgumentError(path, {
      rule: "there must be an image file",
      got: info ? "a folder or device" : "none",
      fix: "Check the path",
    });
  const sharp = await loadSharp();
  try {
    const image = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: "warning" });
    const { format } = await image.metadata();
    if (!FORMATS.includes(format)) throw new Error(`format ${format}`);
    // The alpha channel is dropped, as Pillow's convert("RGB") does.
    const upright = image
      .autoOrient()
      .removeAlpha()
      .toColourspace(channels === 1 ? "b-w" : "srgb");
    const { data, info: decoded } = await upright.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    if (decoded.channels !== channels) throw new Error(`${decoded.channels} channels after conversion`);
    return { pixels: data, width: decoded.width, height: decoded.height, channels };
  } catch (error) {
    const rule = `it must be a whole PNG, JPEG, WebP, GIF, TIFF or AVIF image of at most ${MAX_PIXELS / 1e6} megapixels`;
    const got = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
    throw new FileFormatError(path, { rule, got: got || "an unreadable file" });
  }
}

async function loadSharp(): Promise<typeof import("sharp")["default"]> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    const fix = "npm install sharp";
    throw new ArgumentError("predict", {
      rule: "images are decoded by the package sharp",
      got: (error as Error).message.split("\n", 1)[0] ?? "",
      fix,
    });
  }
}
