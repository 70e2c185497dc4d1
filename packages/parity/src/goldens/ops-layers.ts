import {
  type AdaptiveSize,
  adaptiveAvgPool2d,
  adaptiveMaxPool2dWithIndices,
  avgPool2d,
  batchNorm,
  chunk,
  concat,
  conv2d,
  expand,
  flatten,
  interpolate,
  linear,
  localResponseNorm,
  maxPool2dWithIndices,
  type Padding4,
  type PadMode,
  pad,
  permute,
  reshape,
  select,
  sliceAxis,
  split,
  squeeze,
  stack,
  type Tensor,
  toDtype,
  transpose,
  unsqueeze,
  where,
} from "@vertebra/core";
import { type Attrs, Lacking } from "./attrs";
import type { Inputs } from "./inputs";
import type { GoldenOp } from "./ops-types";

const image = (inputs: Inputs): Tensor => inputs.take("x", "input");

/** Numbers, "valid", or "same": what is left over goes behind. */
function convPadding(attrs: Attrs, weight: Tensor, dilation: readonly [number, number]): Padding4 {
  const word = attrs.values.padding;
  if (word !== "same" && word !== "valid") {
    const [height, width] = attrs.pair("padding", 0);
    return [height, height, width, width];
  }
  attrs.ignore("padding");
  if (word === "valid") return [0, 0, 0, 0];
  const total = (axis: 0 | 1) => dilation[axis] * ((weight.shape[axis + 2] as number) - 1);
  const [rows, columns] = [total(0), total(1)];
  return [Math.floor(rows / 2), Math.ceil(rows / 2), Math.floor(columns / 2), Math.ceil(columns / 2)];
}

const conv: GoldenOp = (attrs, inputs) => {
  const [x, weight] = [image(inputs), inputs.take("w", "weight")];
  const bias = inputs.optional("b", "bias") ?? null;
  const dilation = attrs.pair("dilation", 1);
  const options = {
    stride: attrs.pair("stride", 1),
    dilation,
    groups: attrs.number("groups", 1),
    padding: convPadding(attrs, weight, dilation),
  };
  return () => withBatch(x, (planes) => conv2d(planes, weight, bias, options));
};

/** Kernel, stride (by default the kernel) and padding, as both poolings have them. */
const poolOptions = (attrs: Attrs) => {
  const kernel = attrs.pair(["kernel", "kernel_size"]);
  const isEmptyStride = Array.isArray(attrs.values.stride) && attrs.values.stride.length === 0;
  const stride = isEmptyStride || !attrs.has("stride") ? kernel : attrs.pair("stride");
  return { kernel, stride, padding: attrs.ignore("stride").pair("padding", 0), ceilMode: attrs.boolean("ceil_mode", false) };
};

/** A plane without a batch, [C, H, W], as PyTorch takes it too. */
function withBatch<T extends Tensor | Readonly<Record<string, Tensor>>>(x: Tensor, fn: (x: Tensor) => T): T {
  if (x.shape.length !== 3) return fn(x);
  const first = (y: Tensor) => squeeze(y, 0);
  const y = fn(unsqueeze(x, 0));
  const isTensor = (value: unknown): value is Tensor => typeof value === "object" && value !== null && "storage" in value;
  return (isTensor(y) ? first(y) : Object.fromEntries(Object.entries(y).map(([name, value]) => [name, first(value)]))) as T;
}

const outputSize = (attrs: Attrs): AdaptiveSize => {
  const value = attrs.raw("output_size");
  if (typeof value === "number") return value;
  if (Array.isArray(value) && value.length === 2) return value as unknown as AdaptiveSize;
  if (Array.isArray(value) && value.length === 1) return value[0] as number;
  throw new Lacking(`attribute output_size = ${JSON.stringify(value)}`);
};

const resize: GoldenOp = (attrs, inputs) => {
  const x = image(inputs);
  const mode = attrs.choice(
    "mode",
    { nearest: "nearest", bilinear: "bilinear", bicubic: "bicubic", area: "area" } as const,
    "nearest",
  );
  const options = { mode, alignCorners: attrs.boolean("align_corners", false), antialias: attrs.boolean("antialias", false) };
  const byOutput = attrs.boolean("recompute_scale_factor", false);
  if (attrs.has("size")) {
    const both = { size: attrs.pair("size"), ...(attrs.has("scale_factor") && { scale: attrs.pair("scale_factor") }) };
    return () => interpolate(x, { ...options, ...both });
  }
  if (!attrs.has("scale_factor", "scale")) return () => interpolate(x, options);
  const scale = attrs.pair(["scale_factor", "scale"]);
  if (!byOutput) return () => interpolate(x, { ...options, scale });
  const [height, width] = [2, 3].map((axis) => Math.floor((x.shape[axis] ?? 0) * (scale[axis - 2] as number))) as [
    number,
    number,
  ];
  return () => interpolate(x, { ...options, size: [height, width] });
};

/** Pairs from the last axis backwards, as torch's `pad`; or left, right, top, bottom, which is the same. */
const padding: GoldenOp = (attrs, inputs) => {
  const x = image(inputs);
  const sizes = attrs.numbers(["left_right_top_bottom", "pad", "padding"]);
  const mode: PadMode = attrs.choice(
    "mode",
    { constant: "constant", reflect: "reflect", replicate: "replicate" } as const,
    "constant",
  );
  const value = attrs.number("value", 0);
  if (sizes.length % 2 === 1) throw new Lacking("attribute pad of odd length");
  // More pairs than axes make lists that `pad` refuses.
  const rank = Math.max(x.shape.length, sizes.length / 2);
  const side = (which: 0 | 1) => Array.from({ length: rank }, (_, axis) => sizes[2 * (rank - 1 - axis) + which] ?? 0);
  return () => pad(x, side(0), side(1), { mode, value });
};

const batchNormOp: GoldenOp = (attrs, inputs) => {
  const [runningMean, runningVar] = [inputs.optional("running_mean"), inputs.optional("running_var")];
  const [weight, bias] = [inputs.optional("weight", "w"), inputs.optional("bias", "b")];
  const x = image(inputs);
  const numbers = {
    training: attrs.boolean("training", false),
    eps: attrs.number("eps", 1e-5),
    momentum: attrs.number("momentum", 0.1),
  };
  const tensors = {
    weight: weight ?? null,
    bias: bias ?? null,
    runningMean: runningMean ?? null,
    runningVar: runningVar ?? null,
  };
  return () => {
    const y = batchNorm(x, { ...numbers, ...tensors });
    return { y, ...(runningMean && { running_mean: runningMean }), ...(runningVar && { running_var: runningVar }) };
  };
};

/** torch.select(x, dim, index), or a choice between two tensors by a mask. */
const selectOp: GoldenOp = (attrs, inputs) => {
  const mask = inputs.optional("mask", "condition", "cond", inputs.mask);
  if (mask) {
    const [a, b] = [inputs.take("a", "x", "input"), inputs.optional("b", "other", "y") ?? attrs.number(["value", "other"])];
    return () => where(toDtype(mask, "bool"), a, b);
  }
  const x = image(inputs);
  const [axis, index] = [attrs.axis(0), attrs.number("index")];
  return () => select(x, axis, index);
};

const slicing: GoldenOp = (attrs, inputs) => {
  const x = image(inputs);
  const [axis, start, end, step] = [
    attrs.axis(0),
    attrs.number("start", 0),
    attrs.number(["end", "stop"], Number.MAX_SAFE_INTEGER),
    attrs.number("step", 1),
  ];
  return () => sliceAxis(x, axis, start, end, step);
};

const joined =
  (join: (parts: readonly Tensor[], axis: number) => Tensor): GoldenOp =>
  (attrs, inputs) => {
    const axis = attrs.axis(0);
    const parts = inputs.all().map(([, part]) => part);
    return () => join(parts, axis);
  };

export const layerOps = {
  conv2d: conv,
  linear: (_, inputs) => {
    const [x, weight, bias] = [image(inputs), inputs.take("w", "weight"), inputs.optional("b", "bias") ?? null];
    return () => linear(x, weight, bias);
  },
  max_pool2d: (attrs, inputs) => {
    const x = image(inputs);
    const options = { ...poolOptions(attrs.ignore("return_indices")), dilation: attrs.pair("dilation", 1) };
    return () => withBatch(x, (planes) => ({ ...maxPool2dWithIndices(planes, options) }));
  },
  avg_pool2d: (attrs, inputs) => {
    const x = image(inputs);
    const divisor = attrs.has("divisor_override") ? { divisorOverride: attrs.number("divisor_override") } : {};
    const options = {
      ...poolOptions(attrs.ignore("divisor_override")),
      countIncludePad: attrs.boolean("count_include_pad", true),
      ...divisor,
    };
    return () => withBatch(x, (planes) => avgPool2d(planes, options));
  },
  adaptive_avg_pool2d: (attrs, inputs) => {
    const [x, size] = [image(inputs), outputSize(attrs)];
    return () => withBatch(x, (planes) => adaptiveAvgPool2d(planes, size));
  },
  adaptive_max_pool2d: (attrs, inputs) => {
    const [x, size] = [image(inputs), outputSize(attrs.ignore("return_indices"))];
    return () => withBatch(x, (planes) => ({ ...adaptiveMaxPool2dWithIndices(planes, size) }));
  },
  batch_norm: batchNormOp,
  local_response_norm: (attrs, inputs) => {
    const x = image(inputs);
    const options = {
      size: attrs.number("size"),
      alpha: attrs.number("alpha", 1e-4),
      beta: attrs.number("beta", 0.75),
      k: attrs.number("k", 1),
    };
    return () => localResponseNorm(x, options);
  },
  interpolate: resize,
  pad: padding,
  cat: joined(concat),
  concat: joined(concat),
  stack: joined(stack),
  chunk: (attrs, inputs) => {
    const [x, chunks, axis] = [image(inputs), attrs.number("chunks"), attrs.axis(0)];
    return () => chunk(x, chunks, axis);
  },
  split: (attrs, inputs) => {
    const [x, sizes, axis] = [image(inputs), attrs.numbers(["split_size_or_sections", "split_size", "sections"]), attrs.axis(0)];
    return () => split(x, sizes.length === 1 ? (sizes[0] as number) : sizes, axis);
  },
  flatten: (attrs, inputs) => {
    const [x, start, end] = [image(inputs), attrs.number(["start_dim", "start"], 0), attrs.number(["end_dim", "end"], -1)];
    return () => flatten(x, start, end);
  },
  permute: (attrs, inputs) => {
    const [x, axes] = [image(inputs), attrs.numbers(["dims", "dim", "axes"])];
    return () => permute(x, axes);
  },
  transpose: (attrs, inputs) => {
    const [x, a, b] = [image(inputs), attrs.number(["dim0", "axis0"]), attrs.number(["dim1", "axis1"])];
    return () => transpose(x, a, b);
  },
  reshape: (attrs, inputs) => {
    const [x, shape] = [image(inputs), attrs.numbers(["shape", "size"])];
    return () => reshape(x, shape);
  },
  expand: (attrs, inputs) => {
    const [x, sizes] = [image(inputs), attrs.numbers(["size", "sizes", "shape"])];
    const missing = sizes.length - x.shape.length;
    return () =>
      expand(
        x,
        sizes.map((size, axis) => (size === -1 ? (x.shape[axis - missing] as number) : size)),
      );
  },
  squeeze: (attrs, inputs) => {
    const [x, axis] = [image(inputs), attrs.axis()];
    return () => squeeze(x, axis);
  },
  unsqueeze: (attrs, inputs) => {
    const [x, axis] = [image(inputs), attrs.axis()];
    return () => unsqueeze(x, axis);
  },
  select: selectOp,
  where: selectOp,
  slice: slicing,
  narrow: (attrs, inputs) => {
    const [x, axis, start, length] = [image(inputs), attrs.axis(0), attrs.number("start", 0), attrs.number("length")];
    return () => sliceAxis(x, axis, start, start + length);
  },
} satisfies Record<string, GoldenOp>;
