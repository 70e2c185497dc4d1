import type { Buffer, Device, Kernel, Operand } from "./backend";
import { DTYPES, type DType, isHalf } from "./dtype";
import { countElements } from "./shape";

/** What stands exactly beside x is in: x's dtype, or where that has 16 bits the device's own. */
export const wideDtype = ({ dtype, device }: { readonly dtype: DType; readonly device: Device }): DType =>
  isHalf(dtype) ? device.floatDtype : dtype;

/** True if one of the operands has a dtype of 16 bits that the device's kernel of that name doesn't take. Asked for every call. */
export function mustWiden(device: Device, kernel: string, operands: readonly Operand[]): boolean {
  for (const { dtype } of operands)
    if (isHalf(dtype) && !device.takesHalf?.(kernel as keyof Device["kernels"], dtype)) return true;
  return false;
}

/** The kernel on operands of 16 bits: run in the device's own float dtype, results rounded once. */
export const widened =
  <Attrs>(device: Device, kernel: Kernel<Attrs>): Kernel<Attrs> =>
  (inputs, outputs, attrs) => {
    const dtype = device.floatDtype;
    const made: Buffer[] = [];
    const wide = (operand: Operand): Operand => {
      if (!isHalf(operand.dtype)) return operand;
      const buffer = device.allocate(countElements(operand.shape) * DTYPES[dtype].bytes);
      made.push(buffer);
      return { buffer, shape: operand.shape, dtype };
    };
    const convert = (from: Operand, to: Operand): void => {
      if (from !== to && countElements(to.shape) > 0) device.kernels.toDtype([from], [to], { dtype: to.dtype });
    };
    try {
      const wideInputs = inputs.map(wide);
      for (const [i, input] of inputs.entries()) convert(input, wideInputs[i] as Operand);
      const wideOutputs = outputs.map(wide);
      kernel(wideInputs, wideOutputs, attrs);
      for (const [i, output] of outputs.entries()) convert(wideOutputs[i] as Operand, output);
    } finally {
      for (const buffer of made) device.release(buffer);
    }
  };
