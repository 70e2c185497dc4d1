import type { Buffer, Device } from "./backend";
import { DTYPES } from "./dtype";
import { DTypeError } from "./errors";
import { countElements, type TensorSpec } from "./shape";

/** A device buffer shared by the tensors that see it; freed when the last lets go. */
export class Storage {
  /** Grows with every write into the buffer, so that backward notices an overwritten saved value. */
  version = 0;
  #references = 1;

  constructor(
    readonly device: Device,
    readonly buffer: Buffer,
  ) {}

  /** Memory for `spec`. @throws DTypeError if the device can't store its dtype, OutOfMemoryError if it has no room. */
  static allocate(device: Device, { shape, dtype }: TensorSpec): Storage {
    if (!device.dtypes.includes(dtype)) {
      throw new DTypeError(device.name, {
        rule: `tensors here must be ${device.dtypes.join(", ")}`,
        got: dtype,
        fix: 'Convert with toDtype("f32")',
      });
    }
    return new Storage(device, device.allocate(countElements(shape) * DTYPES[dtype].bytes));
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references === 0) this.device.release(this.buffer);
  }
}
