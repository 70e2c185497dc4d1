import type { FusedTable, HalfDType, Shape } from "@vertebra/core";
import type { Subject } from "../case-run";
import { argumentsOf } from "../case-values";
import { normal } from "../cases/inputs";
import { planeCases } from "../cases/planes";
import { halved } from "../half";
import { boundsOf } from "../noisy";
import { MEANINGS } from "../reference/kernels/index";
import type { Values } from "../reference/values";
import type { Bound, Precision } from "../tolerance";
import { activated, type Finished } from "./activated";
import { fusedSubject } from "./subject";

/** Arguments that may have 16 bits. */
const MAPS = [0];

type FusedAttrs = FusedTable["scaleShiftFused"];

const ACTIVATIONS: readonly FusedAttrs["activation"][] = ["relu", "relu6", "silu"];

/** Every case of the op, with every activation. */
export const scaleShiftSubjects = (precision: Precision, half?: HalfDType): Subject[] =>
  planeCases.scaleShift.cases.flatMap(({ name, inputs }) => {
    const shapes = inputs.map(({ shape }) => shape);
    return ACTIVATIONS.map((activation) => scaleShiftSubject(`${name}, ${activation}`, shapes, { activation }, precision, half));
  });

function scaleShiftSubject(
  name: string,
  shapes: readonly Shape[],
  attrs: FusedAttrs,
  precision: Precision,
  half: HalfDType | undefined,
): Subject {
  // Numbers so large that relu6 cuts many off.
  const inputs = shapes.map((shape) => normal(shape, { scale: 3 }));
  // Any op's name will do: arguments are drawn by it and the case's.
  const drawn = argumentsOf("scaleShift", { name: `fused ${name}`, attrs, inputs });
  const arguments_ = half ? halved(drawn, MAPS, half) : drawn;
  return fusedSubject("scaleShiftFused", {
    name,
    arguments_,
    attrs,
    expected: composition(
      arguments_.map(({ values }) => values),
      attrs,
      precision,
    ),
    reason: "a product, a sum and the activation",
    precision,
    half,
  });
}

function composition(values: readonly Values[], { activation }: FusedAttrs, precision: Precision): Finished {
  const [x, scale, shift] = values as [Values, Values, Values];
  const shapes = [x.shape];
  const sums = MEANINGS.scaleShift({ attrs: {}, shapes, shape: x.shape }, x, scale, shift)[0] as Values;
  const ofSums = boundsOf("scaleShift", { inputs: values, results: [sums], attrs: {}, shapes }, precision)[0] as Bound;
  return activated(sums, ofSums, activation, precision);
}
