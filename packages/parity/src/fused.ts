import type { Device, FusedTable } from "@vertebra/core";
import type { Subject } from "./case-run";
import { convSubjects } from "./fused/conv2dFused";
import { scaleShiftSubjects } from "./fused/scaleShiftFused";
import { PRECISIONS, type Precision } from "./tolerance";

/** Cases of each fused kernel, with what the composition gives that defines it. */
const SUBJECTS: { readonly [K in keyof FusedTable]: (precision: Precision) => Subject[] } = {
  conv2dFused: convSubjects,
  scaleShiftFused: scaleShiftSubjects,
};

/** Every fused kernel that a device may have. */
export const FUSED_NAMES = Object.keys(SUBJECTS) as readonly (keyof FusedTable)[];

/** The fused kernels that a device has, each against the composition that defines it. */
export const fusedSubjects = ({ fused, floatDtype }: Device): Subject[] =>
  FUSED_NAMES.flatMap((name) => (fused[name] ? SUBJECTS[name](PRECISIONS[floatDtype]) : []));
