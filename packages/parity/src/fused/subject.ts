import { applyFused, type Device, type FusedTable, type HalfDType, Scope, type TensorSpec } from "@vertebra/core";
import type { Subject } from "../case-run";
import type { Argument } from "../case-values";
import { type Evaluation, toTensor, toValues } from "../evaluate";
import { halfBound } from "../half";
import type { Precision } from "../tolerance";
import type { Finished } from "./activated";

/** A call of a fused kernel and what its composition gives for it. */
interface FusedCall<K extends keyof FusedTable> {
  readonly name: string;
  readonly arguments_: readonly Argument[];
  readonly attrs: FusedTable[K];
  readonly expected: Finished;
  /** Where the bound comes from. */
  readonly reason: string;
  readonly precision: Precision;
  /** That maps have, arguments and result. */
  readonly half: HalfDType | undefined;
}

/** The call as a case: it has no gradients. */
export function fusedSubject<K extends keyof FusedTable>(op: K, call: FusedCall<K>): Subject {
  const { name, arguments_, attrs, expected, reason, precision, half } = call;
  return {
    op,
    name: half ? `${name}, ${half}` : name,
    reason,
    results: [expected.result],
    bounds: [half ? halfBound(expected.result, expected.bound, half) : expected.bound],
    grads: [],
    gradientBounds: [],
    precision,
    evaluate: (device) =>
      evaluateFused(device, op, arguments_, { shape: expected.result.shape, dtype: half ?? device.floatDtype, attrs }),
  };
}

async function evaluateFused<K extends keyof FusedTable>(
  device: Device,
  op: K,
  arguments_: readonly Argument[],
  { shape, dtype, attrs }: TensorSpec & { readonly attrs: FusedTable[K] },
): Promise<Evaluation> {
  const scope = new Scope(undefined);
  try {
    const output = scope.run(() => {
      const inputs = arguments_.map((argument) => toTensor(argument, device));
      return applyFused(op, inputs, { shape, dtype }, attrs, 0);
    });
    return { bytes: [await output.bytes()], results: [await toValues(output)], grads: [] };
  } finally {
    scope.end();
  }
}
