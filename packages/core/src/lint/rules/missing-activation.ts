import type { Conv2dAttrs } from "../../ops/conv2d";
import { sizeAt } from "../../shape";
import type { Graph } from "../graph";
import type { Found, LintRule } from "../rule";
import type { TracedCall, TracedTensor } from "../trace";

/** Two layers of weights with nothing between them but what is linear too, as batch norm is at evaluation. */
export const missingActivation: LintRule = {
  severity: "warning",
  why: "Two linear maps in a row are one: the second adds parameters and time, but nothing that one layer couldn't compute.",
  fix: "Put an activation between them, such as relu, or make them one layer.",
  find: ({ evaluation, graph }) =>
    evaluation.calls.flatMap((call): Found[] => {
      const first = productOf(call, graph);
      const next = first && nextProducts(call.outputs[0] as TracedTensor, graph);
      if (!first || !next?.length) return [];
      const later = next.map(({ call }) => call.layer).join(", ");
      const isNormed = next.some(({ isNormed }) => isNormed);
      const way = isNormed ? "goes through batch norm alone into" : "goes straight into";
      const message = `${way} ${later || call.op}: no activation between`;
      // Fewer features between than on both sides: such a pair has fewer weights than the one layer it equals.
      const isNarrow = next.every(({ to }) => first.to < Math.min(first.from, to));
      if (!isNarrow) return [{ path: call.layer, message }];
      // Narrow and normalised: the linear bottleneck of MobileNetV2 (Sandler et al. 2018, section 3.2), which is meant.
      if (isNormed) return [];
      const fix = "Nothing, if a factorisation was meant; else put an activation between them.";
      return [{ path: call.layer, message: `${message} (a factorisation through ${first.to})`, severity: "note", fix }];
    }),
};

/** A product with a layer's weight; features or channels before and after. */
interface Product {
  readonly call: TracedCall;
  readonly from: number;
  readonly to: number;
}

interface NextProduct extends Product {
  /** Behind a batch norm. */
  readonly isNormed: boolean;
}

function productOf(call: TracedCall, { isParameter }: Graph): Product | undefined {
  const [x, weight] = call.inputs;
  if (!x || !weight || isParameter(x) || !isParameter(weight)) return undefined;
  if (call.op === "matmul") {
    return { call, from: x.shape.at(-1) ?? 0, to: call.outputs[0]?.shape.at(-1) ?? 0 };
  }
  // Depthwise or grouped next to full: a separable convolution, which is meant.
  if (call.op !== "conv2d" || (call.attrs as Conv2dAttrs).groups > 1) return undefined;
  return { call, from: sizeAt(x.shape, 1), to: sizeAt(weight.shape, 0) };
}

/** What batch norm is at evaluation. */
const NORM = "scaleShift";

/** Ops that keep a linear map linear. */
const LINEAR = ["permute", "resample2d", "pad", "slice", "toDtype", NORM];

/** The layers that read `value` through linear ops; none unless all that read it are such. */
function nextProducts(value: TracedTensor, graph: Graph): readonly NextProduct[] {
  const readers = graph.readersOf(value);
  if (graph.isOutput(value)) return [];
  const found = readers.map((reader): readonly NextProduct[] => {
    const isRead = reader.inputs[0]?.storage === value.storage;
    const isBias = reader.op === "add" && reader.inputs.some((input) => graph.isParameter(input));
    if (isBias || (isRead && LINEAR.includes(reader.op))) {
      const after = nextProducts(reader.outputs[0] as TracedTensor, graph);
      return reader.op === NORM ? after.map((product) => ({ ...product, isNormed: true })) : after;
    }
    const product = isRead ? productOf(reader, graph) : undefined;
    return product ? [{ ...product, isNormed: false }] : [];
  });
  return found.some((products) => products.length === 0) ? [] : found.flat();
}
