import {
  ArgumentError,
  type Buffer,
  currentLayer,
  type Device,
  type FusedKernels,
  type Kernel,
  type Kernels,
  type MemoryInfo,
  OPS,
  type Operand,
  type SkippedBackend,
  type TensorSpec,
} from "@vertebra/core";
import { checkCall, type RecordedCall, type RecordedOperand } from "./check-call";
import { isFused, type KernelName } from "./expectation";
import { byteLengthOf, writtenBy } from "./host-call";

/**
 * `device` with every call of a kernel run again on `checker`, from the very arguments that the device had: an error that came in
 * from before doesn't count, so the kernel that is named is the one that made it. Calls are checked when somebody waits for the
 * device (`read`, `sync`), which then throws a WrongKernelError for the first that differs by more than twice its op's tolerance.
 * Until then the host holds the values of all calls, and afterwards a copy of all live tensors. Closing closes both.
 * @throws ArgumentError if the checker doesn't know the device's float dtype.
 */
export const validating = (device: Device, checker: Device): ValidatingDevice => new ValidatingDevice(device, checker);

export class ValidatingDevice implements Device {
  readonly name: string;
  readonly adapter: string;
  readonly features: Device["features"];
  readonly floatDtype: Device["floatDtype"];
  readonly dtypes: Device["dtypes"];
  readonly kernels: Kernels;
  readonly fused: FusedKernels;
  readonly takesHalf: NonNullable<Device["takesHalf"]>;
  skipped?: readonly SkippedBackend[];
  /** Calls that were checked and found right. */
  checkedCalls = 0;
  readonly #device: Device;
  readonly #checker: Device;
  /** What buffers hold, as far as it has been read. */
  readonly #contents = new Map<Buffer, Promise<Uint8Array>>();
  readonly #calls: RecordedCall[] = [];
  #checking = Promise.resolve();

  constructor(device: Device, checker: Device) {
    if (!checker.dtypes.includes(device.floatDtype)) {
      const rule = `the checker must compute in ${device.floatDtype}, as ${device.name} does`;
      throw new ArgumentError("validating", { rule, got: `${checker.name}, which has ${checker.dtypes.join(", ")}` });
    }
    this.#device = device;
    this.#checker = checker;
    this.name = device.name;
    this.adapter = `${device.adapter}, every kernel checked by the ${checker.name}`;
    this.features = device.features;
    this.floatDtype = device.floatDtype;
    this.dtypes = device.dtypes;
    this.takesHalf = (kernel, dtype) => device.takesHalf?.(kernel, dtype) ?? false;
    this.kernels = this.#recorded(device.kernels);
    this.fused = this.#recorded(device.fused);
    if (device.skipped) this.skipped = device.skipped;
  }

  allocate(bytes: number): Buffer {
    return this.#device.allocate(bytes);
  }

  release(buffer: Buffer): void {
    this.#contents.delete(buffer);
    this.#device.release(buffer);
  }

  write(buffer: Buffer, bytes: Uint8Array): void {
    this.#contents.delete(buffer);
    this.#device.write(buffer, bytes);
  }

  async read(buffer: Buffer, bytes: number): Promise<Uint8Array> {
    const [content] = await Promise.all([this.#device.read(buffer, bytes), this.#check()]);
    return content;
  }

  async sync(): Promise<void> {
    await Promise.all([this.#device.sync(), this.#check()]);
  }

  memory(): MemoryInfo {
    return this.#device.memory();
  }

  resetPeak(): void {
    this.#device.resetPeak();
  }

  async close(): Promise<void> {
    this.#calls.length = 0;
    this.#contents.clear();
    await this.#device.close();
    await this.#checker.close();
  }

  #recorded<T extends object>(kernels: T): T {
    const entries = Object.entries(kernels) as [KernelName, Kernel<unknown>][];
    return Object.fromEntries(entries.map(([name, kernel]) => [name, this.#recording(name, kernel)])) as T;
  }

  #recording(name: KernelName, kernel: Kernel<unknown>): Kernel<unknown> {
    const op = isFused(name) ? {} : OPS[name];
    return (inputs, outputs, attrs) => {
      const before = inputs.map((input) => this.#contentOf(input));
      kernel(inputs, outputs, attrs);
      const written = writtenBy(op, inputs, outputs).map((operand) => this.#readContent(operand));
      this.#calls.push({
        kernel: name,
        attrs,
        layer: currentLayer(),
        inputs: before,
        outputs: outputs.map(({ shape, dtype }): TensorSpec => ({ shape, dtype })),
        written,
      });
    };
  }

  #contentOf(operand: Operand): RecordedOperand {
    const { buffer, shape, dtype } = operand;
    const content = this.#contents.get(buffer);
    return content ? { shape, dtype, content } : this.#readContent(operand);
  }

  /** Reads take place in call order, so what is written into the buffer later doesn't show. */
  #readContent({ buffer, shape, dtype }: Operand): RecordedOperand {
    const content = this.#device.read(buffer, byteLengthOf({ shape, dtype }));
    this.#contents.set(buffer, content);
    // Whoever waits for the check of the call hears of it.
    content.catch(() => {
      if (this.#contents.get(buffer) === content) this.#contents.delete(buffer);
    });
    return { shape, dtype, content };
  }

  /** Checks what was recorded since the last check. All who wait for it hear of the first kernel that is wrong. */
  #check(): Promise<void> {
    const checking = this.#checking.then(async () => {
      for (const call of this.#calls.splice(0)) {
        await checkCall(call, this.#device, this.#checker);
        this.checkedCalls++;
      }
    });
    this.#checking = checking;
    checking.catch(() => {
      if (this.#checking === checking) this.#checking = Promise.resolve();
    });
    return checking;
  }
}
