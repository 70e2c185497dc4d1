import type { FusedTable, KernelTable } from "@vertebra/core";
import type { PlanKind } from "../addon";
import type { DescribeCall } from "../launch";
import { describeConv2d, describeConv2dFused, describeConv2dInputGrad, describeConv2dWeightGrad } from "./describe-convolution";
import { describeMatmul } from "./describe-matmul";

type Table = KernelTable & FusedTable;

/** What an op comes down to, and the call for given operands. */
export interface Description<Attrs> {
  readonly kind: PlanKind;
  readonly describe: DescribeCall<Attrs>;
}

/** The ops that a library can do. */
export const DESCRIPTIONS: { readonly [Op in keyof Table]?: Description<Table[Op]> } = {
  conv2d: { kind: "convolution", describe: describeConv2d },
  conv2dFused: { kind: "convolution", describe: describeConv2dFused },
  conv2dInputGrad: { kind: "convolution", describe: describeConv2dInputGrad },
  conv2dWeightGrad: { kind: "convolution", describe: describeConv2dWeightGrad },
  matmul: { kind: "matmul", describe: describeMatmul },
};
