import { copyInto, type Device, type Module, noGrad, type Tensor, withDevice } from "@vertebra/core";
import { Lacking } from "./attrs";
import { blockArgs } from "./block-args";
import type { GoldenOp } from "./ops-types";
import type { Blocks } from "./replay";

/**
 * A block with a row's parameters and statistics: x goes in, y and (in training) the statistics afterwards come out. Gradients by
 * parameter are those of the block's own tensors, which therefore take the places of the row's in `leaves`.
 */
export const moduleRow =
  (blocks: Blocks, leaves: Map<string, Tensor>): GoldenOp =>
  (attrs, inputs) => {
    const name = attrs.string("block");
    const make = Object.hasOwn(blocks, name) ? blocks[name] : undefined;
    if (!make) throw new Lacking(`block ${name}`);
    const isTraining = attrs.choice("mode", { train: true, eval: false });
    const args = blockArgs(make.options, (attrs.raw("args") ?? {}) as Readonly<Record<string, unknown>>);
    const x = inputs.take("x");
    const state = new Map(inputs.all());
    return () => {
      const module = build(make, args, x.device, state, leaves).train(isTraining);
      const y = module.forward(x);
      const after = [...module.stateDict()].map(([key, value]): [string, Tensor] => [`after.${key}`, value]);
      return { y, ...Object.fromEntries(after) };
    };
  };

function build(
  make: Blocks[string],
  args: Readonly<Record<string, unknown>>,
  device: Device,
  state: ReadonlyMap<string, Tensor>,
  leaves: Map<string, Tensor>,
): Module {
  const module = withDevice(device, () => make(args));
  const own = module.stateDict();
  for (const [key, value] of state) {
    const target = own.get(key);
    if (!target) throw new Lacking(`parameter ${key}`);
    noGrad(() => copyInto(target, value));
    leaves.set(key, target);
  }
  const missing = [...own.keys()].filter((key) => !state.has(key) && !key.endsWith("num_batches_tracked"));
  if (missing.length > 0) throw new Lacking(`a row without parameter ${missing.join(", ")}`);
  return module;
}
