import type { Device, FusedTable, HalfDType } from "@vertebra/core";
import type { Subject } from "./case-run";
import { convSubjects } from "./fused/conv2dFused";
import { scaleShiftSubjects } from "./fused/scaleShiftFused";
import { HALVES } from "./half";
import { PRECISIONS, type Precision } from "./tolerance";

/** Cases of each fused kernel, with what the composition gives that defines it. */
const SUBJECTS: { readonly [K in keyof FusedTable]: (precision: Precision, half?: HalfDType) => Subject[] } = {
  conv2dFused: convSubjects,
  scaleShiftFused: scaleShiftSubjects,
};

/** Every fused kernel that a device may have. */
export const FUSED_NAMES = Object.keys(SUBJECTS) as readonly (keyof FusedTable)[];

/** The fused kernels that a device has, each against the composition that defines it, in all dtypes that they take. */
export const fusedSubjects = ({ fused, floatDtype, takesHalf }: Device): Subject[] =>
  FUSED_NAMES.filter((name) => fused[name]).flatMap((name) => {
    const halves = HALVES.filter((dtype) => takesHalf?.(name, dtype));
    return [undefined, ...halves].flatMap((half) => SUBJECTS[name](PRECISIONS[floatDtype], half));
  });
