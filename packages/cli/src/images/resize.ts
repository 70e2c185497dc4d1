/** 8-bit pixels, rows from top to bottom, channels of a pixel side by side. */
export interface Raster {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Bits after the point in Pillow's fixed-point weights: 32 − 8 of the pixel − 2 to spare. */
const PRECISION_BITS = 22;

export type Interpolation = "bilinear" | "bicubic";

interface Filter {
  /** Pixels on each side that count, where nothing is scaled. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** Keys's cubic with the a that Pillow takes: Keys 1981, "Cubic convolution interpolation", equation 4. */
const A = -0.5;

const FILTERS: { readonly [I in Interpolation]: Filter } = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    },
  },
};

/**
 * Resizes with antialiasing, bit for bit as Pillow's `Image.resize`, which published accuracies were measured with: widths
 * first, then heights, each rounded to 8 bits. Source: Pillow, src/libImaging/Resample.c.
 */
export function resize(image: Raster, width: number, height: number, interpolation: Interpolation = "bilinear"): Raster {
  const filter = FILTERS[interpolation];
  const wide = image.width === width ? image : resizeRows(image, width, filter);
  return wide.height === height ? wide : transposed(resizeRows(transposed(wide), height, filter));
}

/** Cuts `width` × `height` out of the middle; halves round to even, as torchvision's CenterCrop. Outside of the image is black. */
export function cropCenter(image: Raster, width: number, height: number): Raster {
  const { channels } = image;
  const left = roundHalfToEven((image.width - width) / 2);
  const top = roundHalfToEven((image.height - height) / 2);
  const pixels = new Uint8Array(width * height * channels);
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    const [from, to] = [Math.max(0, -left), Math.min(width, image.width - left)];
    const row = ((y + top) * image.width + left) * channels;
    pixels.set(image.pixels.subarray(row + from * channels, row + to * channels), (y * width + from) * channels);
  }
  return { pixels, width, height, channels };
}

/** The size whose shorter side is `side`; the longer one is cut to an integer, as torchvision's Resize does. */
export function shorterSideTo(
  side: number,
  { width, height }: Pick<Raster, "width" | "height">,
): readonly [width: number, height: number] {
  return width <= height ? [side, Math.trunc((side * height) / width)] : [Math.trunc((side * width) / height), side];
}

interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each output pixel, the inputs under a filter as wide as the scale; weights in fixed point. */
function windowsOf(inSize: number, outSize: number, filter: Filter): Window[] {
  const scale = inSize / outSize;
  const filterScale = Math.max(1, scale);
  const support = filter.support * filterScale;
  return Array.from({ length: outSize }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inSize, Math.trunc(center + support + 0.5));
    const weights = Array.from({ length: end - first }, (__, k) => filter.weight((k + first - center + 0.5) * (1 / filterScale)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => roundHalfAway((weight / total) * 2 ** PRECISION_BITS)) };
  });
}

const roundHalfAway = (value: number): number => Math.trunc(value < 0 ? value - 0.5 : value + 0.5);

function resizeRows({ pixels, width, height, channels }: Raster, outWidth: number, filter: Filter): Raster {
  const windows = windowsOf(width, outWidth, filter);
  const out = new Uint8Array(outWidth * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    for (const { first, weights } of windows) {
      for (let c = 0; c < channels; c++, to++) {
        let sum = 2 ** (PRECISION_BITS - 1);
        let from = (y * width + first) * channels + c;
        for (const weight of weights) {
          sum += (pixels[from] as number) * weight;
          from += channels;
        }
        // Bicubic weights can be negative, and sums outside of what a pixel holds.
        out[to] = Math.max(0, Math.min(255, Math.floor(sum / 2 ** PRECISION_BITS)));
      }
    }
  }
  return { pixels: out, width: outWidth, height, channels };
}

/** Rows become columns. */
function transposed({ pixels, width, height, channels }: Raster): Raster {
  const out = new Uint8Array(pixels.length);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (x * height + y) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = pixels[from++] as number;
    }
  }
  return { pixels: out, width: height, height: width, channels };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const isHalf = value - floor === 0.5;
  return isHalf ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(value);
}
