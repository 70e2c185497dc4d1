import { type Device, OPS, type OpCall, type OpName, observe, Scope, type Tensor, unscoped } from "@vertebra/core";
import { compareArrays } from "./compare";
import { toValues } from "./evaluate";
import { boundsOf } from "./noisy";
import { MEANINGS } from "./reference/kernels/index";
import type { Meaning, Values } from "./reference/values";
import { type Bound, PRECISIONS } from "./tolerance";

interface RecordedCall {
  readonly op: OpName;
  readonly attrs: unknown;
  readonly layer: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** How often each argument had been overwritten when the call was made. */
  readonly versions: readonly number[];
}

/**
 * The first op of `fn` whose result isn't what the reference makes of the very arguments the device gave it: errors that came in
 * from before don't count. Keeps every tensor of `fn` alive meanwhile. @returns op, layer and error, or undefined.
 */
export async function firstDivergence(device: Device, fn: () => unknown): Promise<string | undefined> {
  const scope = new Scope(undefined);
  const calls: RecordedCall[] = [];
  try {
    scope.run(() => observe((call) => record(calls, call), fn));
    for (const [index, call] of calls.entries()) {
      const wrong = await checkCall(device, call);
      if (wrong)
        return `${call.op} ${call.layer === "" ? "" : `in ${call.layer} `}(call ${index + 1} of ${calls.length}): ${wrong}`;
    }
    return undefined;
  } finally {
    scope.end();
    for (const { inputs, outputs } of calls) for (const kept of [...inputs, ...outputs]) kept.dispose();
  }
}

/** Keeps handles of a call's tensors. Ops that overwrite arguments can't be checked afterwards, nor those that aren't in the table. */
function record(calls: RecordedCall[], { op, attrs, layer, inputs, outputs }: OpCall): void {
  if (!Object.hasOwn(OPS, op) || OPS[op as OpName].mutates) return;
  const keep = (tensors: readonly Tensor[]) => unscoped(() => tensors.map((one) => one.detach()));
  const versions = inputs.map(({ storage }) => storage.version);
  calls.push({ op: op as OpName, attrs, layer, inputs: keep(inputs), outputs: keep(outputs), versions });
}

async function checkCall(device: Device, { op, attrs, inputs, outputs, versions }: RecordedCall): Promise<string | undefined> {
  if (inputs.some(({ storage }, i) => storage.version !== versions[i])) return undefined;
  const precision = PRECISIONS[device.floatDtype];
  const values = await Promise.all(inputs.map(toValues));
  const shapes = outputs.map(({ shape }) => shape);
  const results = (MEANINGS[op] as Meaning<unknown>)({ attrs, shapes, shape: shapes[0] ?? [] }, ...values);
  const bounds = boundsOf(op, { inputs: values, results, attrs, shapes }, precision);
  for (const [i, output] of outputs.entries()) {
    const actual = await output.data();
    const {
      fraction,
      index,
      expected,
      actual: found,
    } = compareArrays(
      actual,
      results[i] as Values,
      roundable(bounds[i] as Bound, results[i] as Values, precision.rounding),
      precision,
    );
    if (fraction > 1)
      return `result ${i}[${index}] is ${found}, the reference ${expected}, ${fraction.toPrecision(3)} × the bound`;
  }
  return undefined;
}

/** Where nothing may differ the device still rounds to its dtype: half a ULP of a number that f32 can't hold (a constant). */
const roundable = (bound: Bound, result: Values, rounding: number): Bound => ({
  ...bound,
  max: bound.max.map((max, i) => (max === 0 ? rounding * Math.abs(result.at(i)) : max)),
});
