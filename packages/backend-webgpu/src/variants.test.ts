import {
  apply,
  backward,
  crossEntropy,
  type Device,
  noGrad,
  OPS,
  type Op,
  type OpName,
  requireGrad,
  Scope,
  type Shape,
  type TensorSpec,
  zeros,
} from "@vertebra/core";
import { createModel, findModel } from "@vertebra/models";
import { CASES, type Cases } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { deviceOn } from "./device";
import { openForTests } from "./testing/open-device";

const { device: opened, reason } = await openForTests();
await opened?.close();

/** Kernels as plans vary them: by tile sizes in the source, and by values of overrides. */
class Compiled {
  readonly modules = new Map<string, GPUShaderModule>();
  pipelines = 0;

  /** Listens to what a device compiles. */
  constructor(gpu: GPUDevice) {
    const createModule = gpu.createShaderModule.bind(gpu);
    const createPipeline = gpu.createComputePipeline.bind(gpu);
    gpu.createShaderModule = (descriptor) => {
      const module = createModule(descriptor);
      this.modules.set(`${descriptor.label}: ${descriptor.code}`, module);
      return module;
    };
    gpu.createComputePipeline = (descriptor) => {
      this.pipelines++;
      return createPipeline(descriptor);
    };
  }

  /** All that the compiler has to say, even where it compiles. */
  async messages(): Promise<string[]> {
    const said = [...this.modules].map(async ([name, module]) => {
      const { messages } = await module.getCompilationInfo();
      return messages.map(({ type, lineNum, message }) => `${name.split(":")[0]}:${lineNum} ${type}: ${message}`);
    });
    return (await Promise.all(said)).flat();
  }
}

interface Listened {
  readonly device: Device;
  readonly compiled: Compiled;
}

/** A device that compiles kernels and checks what is recorded, but computes nothing: plans look at shapes alone. */
async function open(): Promise<Listened> {
  const found = await findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });
  const capabilities = await requestDevice(found);
  const { gpu } = capabilities;
  const compiled = new Compiled(gpu);
  const idleQueue = { submit: () => {}, writeBuffer: () => {}, onSubmittedWorkDone: async () => {} };
  Object.defineProperty(gpu, "queue", { value: idleQueue });
  return { compiled, device: Object.assign(deviceOn(found, capabilities), { hasNoValues: true as const }) };
}

/** Calls the op as a case has it, forward and backward. */
function callCase(device: Device, name: OpName, inputs: readonly TensorSpec[], attrs: unknown): void {
  const scope = new Scope(undefined);
  scope.run(() => {
    const tensors = inputs.map(({ shape, dtype }) => zeros(shape, { dtype, device }));
    for (const one of tensors) if (one.dtype === "f32") requireGrad(one);
    const call = () => apply(OPS[name] as Op<unknown>, tensors, attrs, device);
    const [result] = OPS[name].mutates ? noGrad(call) : call();
    if (result?.requiresGrad) backward(result, { dy: zeros(result.shape, { device }) });
  });
  scope.end();
}

/** A step of training, then inference with fused kernels. */
function callModel(device: Device, name: string, input: Shape): void {
  const model = createModel(name, { device, numClasses: 10 });
  const scope = new Scope(undefined);
  scope.run(() => {
    const images = zeros(input, { device });
    model.train();
    backward(crossEntropy(model.forward(images), zeros([input[0] as number], { dtype: "i32", device })));
    model.eval();
    noGrad(() => model.forward(images));
  });
  scope.end();
  model.dispose();
}

describe.skipIf(!opened)(`every variant of a kernel compiles without a message (${opened?.adapter ?? reason})`, async () => {
  const { device, compiled } = opened ? await open() : ({} as Listened);
  afterAll(() => device?.close());

  test.each(Object.keys(CASES) as OpName[])("%s", async (op) => {
    const { cases } = CASES[op] as Cases<unknown>;
    for (const { inputs, attrs } of cases) {
      const specs = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype === "float" ? ("f32" as const) : dtype }));
      callCase(device, op, specs, attrs);
    }
    await device.sync();
    expect(await compiled.messages()).toEqual([]);
  });

  test.each(["lenet5", "resnet18", "densenet121", "efficientnet_b0", "resnext50_32x4d"])("%s", async (name) => {
    const { inputShape } = findModel(name).facts;
    callModel(device, name, [8, ...inputShape]);
    callModel(device, name, [1, ...inputShape]);
    await device.sync();
    expect(await compiled.messages()).toEqual([]);
  });

  test("there were hundreds", () => {
    expect(compiled.modules.size).toBeGreaterThan(100);
    expect(compiled.pipelines).toBeGreaterThan(300);
  });
});
