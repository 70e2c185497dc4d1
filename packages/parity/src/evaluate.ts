import { apply, backward, type Device, type OpName, requireGrad, Scope, type Tensor, tensor } from "@vertebra/core";
import { type Argument, opOf } from "./case-values";
import { Values } from "./reference/values";

export interface Evaluation {
  /** Raw bytes of the results and then of the overwritten arguments: what must be the same on every run. */
  readonly bytes: readonly Uint8Array[];
  /** The same as numbers. */
  readonly results: readonly Values[];
  /** Gradients by argument; undefined where there is none. */
  readonly grads: readonly (Values | undefined)[];
}

/** Runs an op on a device and reads everything back; with `dy` also its vector-Jacobian product. Nothing stays alive. */
export async function evaluateOn(
  device: Device,
  name: OpName,
  arguments_: readonly Argument[],
  attrs: unknown,
  dy?: Values,
): Promise<Evaluation> {
  const op = opOf(name);
  const scope = new Scope(undefined);
  try {
    const { outputs, grads } = scope.run(() => {
      const inputs = arguments_.map((argument) => toTensor(argument, device));
      if (dy) for (const input of inputs) if (input.dtype === device.floatDtype) requireGrad(input);
      const results = apply(op, inputs, attrs, device);
      const overwritten = (op.mutates ?? []).flatMap((index) => inputs[index] ?? []);
      const first = results[0] as Tensor;
      const found =
        dy && first.requiresGrad ? backward(first, { dy: toTensor({ values: dy, dtype: "float" }, device) }) : undefined;
      return { outputs: [...results, ...overwritten], grads: inputs.map((input) => found?.get(input)) };
    });
    return {
      bytes: await Promise.all(outputs.map((output) => output.bytes())),
      results: await Promise.all(outputs.map(toValues)),
      grads: await Promise.all(grads.map(async (grad) => grad && toValues(grad))),
    };
  } finally {
    scope.end();
  }
}

export const toTensor = ({ values, dtype }: Argument, device: Device): Tensor =>
  tensor(values.data, { shape: values.shape, dtype: dtype === "float" ? device.floatDtype : dtype, device });

export const toValues = async (x: Tensor): Promise<Values> => new Values(x.shape, Float64Array.from(await x.data()));
