import type { Device, Kernel, Operand, OpName } from "@vertebra/core";
import { openReference } from "../reference/index";
import { load, store } from "../reference/storage";
import type { Values } from "../reference/values";

/** The reference's kernels on f32 storage: a device whose every op is rounded once. */
export const openRounded = (): Device => ({ ...openReference(), name: "rounded", floatDtype: "f32" });

/** `device` with what `op` stores in its first result changed. */
export function withWrongResult(device: Device, op: OpName, change: (result: Values) => Values): Device {
  return withKernel(device, op, (right) => (inputs, outputs, attrs) => {
    right(inputs, outputs, attrs);
    const target = outputs[0] as Operand;
    store(target, change(load(target)));
  });
}

/** `device` with another kernel for `op`, made from the right one. */
export const withKernel = (device: Device, op: OpName, change: (right: Kernel<never>) => Kernel<never>): Device => ({
  ...device,
  name: "wrong",
  kernels: { ...device.kernels, [op]: change(device.kernels[op] as Kernel<never>) },
});
