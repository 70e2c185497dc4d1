import { ArgumentError, formatShape, ShapeError } from "../errors";
import { resample2d } from "../ops/resample2d";
import type { WeightedWindows } from "../ops/windows";
import { type Pair, type Shape, sizeAt, toPair } from "../shape";
import type { Tensor } from "../tensor";
import { adaptiveAvgPool2d } from "./adaptivePool2d";
import { type Resizing, resizeWindows } from "./resize-windows";

export interface InterpolateOptions {
  /** Height and width of the result. Either this or `scale`. */
  readonly size?: Pair;
  /** Factors for height and width; the result's size is rounded down. */
  readonly scale?: Pair;
  /** Default: "nearest". */
  readonly mode?: "nearest" | "bilinear" | "bicubic" | "area";
  /** Maps corners to corners instead of edges to edges; for bilinear and bicubic. Default: false. */
  readonly alignCorners?: boolean;
  /** Widens the filter when shrinking, as Pillow does; for bilinear and bicubic. Default: false. */
  readonly antialias?: boolean;
}

/**
 * Resizes x [N, C, H, W] → [N, C, ...size] with PyTorch's coordinates. For preprocessing images use antialias: without it
 * shrinking skips pixels. @throws ShapeError for empty sizes, ArgumentError for options that don't go together.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const { mode = "nearest", alignCorners = false, antialias = false } = options;
  if ((alignCorners || antialias) && mode !== "bilinear" && mode !== "bicubic") {
    throw new ArgumentError("interpolate", {
      rule: "alignCorners and antialias go with bilinear and bicubic",
      got: `mode "${mode}"`,
    });
  }
  const [rows, columns] = sizesOf(x.shape, options);
  if (mode === "area") return adaptiveAvgPool2d(x, [rows.outputSize, columns.outputSize]);
  const windows = (axis: AxisSize): WeightedWindows => resizeWindows({ ...axis, mode, alignCorners, antialias });
  return resample2d(x, windows(rows), windows(columns));
}

type AxisSize = Pick<Resizing, "inputSize" | "outputSize" | "scale">;

function sizesOf(shape: Shape, { size, scale }: InterpolateOptions): [rows: AxisSize, columns: AxisSize] {
  if ((size === undefined) === (scale === undefined)) {
    throw new ArgumentError("interpolate", {
      rule: "either size or scale must be given",
      got: size === undefined ? "neither" : "both",
    });
  }
  const axis = (i: 0 | 1): AxisSize => {
    const inputSize = sizeAt(shape, i + 2);
    if (size !== undefined) return { inputSize, outputSize: toPair(size)[i], scale: undefined };
    const factor = toPair(scale as Pair)[i];
    return { inputSize, outputSize: Math.floor(inputSize * factor), scale: factor };
  };
  if (shape.length !== 4) throw new ShapeError("interpolate", { rule: "x must be 4-D [N, C, H, W]", got: formatShape(shape) });
  const axes: [AxisSize, AxisSize] = [axis(0), axis(1)];
  if (axes.every(({ inputSize, outputSize }) => inputSize > 0 && Number.isInteger(outputSize) && outputSize > 0)) return axes;
  const got = `x ${formatShape(shape)} to ${formatShape(axes.map(({ outputSize }) => outputSize))}`;
  throw new ShapeError("interpolate", { rule: "height and width must be at least 1 before and after", got });
}
