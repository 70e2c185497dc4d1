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
  type Tensor,
  type TensorSpec,
  zeros,
} from "@vertebra/core";
import { createModel, findModel } from "@vertebra/models";
import { CASES, type Cases } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { deviceOn } from "./device";
import { warmUp } from "./index";
import { openForTests } from "./testing/open-device";

const { device: opened, reason } = await openForTests();
await opened?.close();

/** Kernels as plans vary them: by tile sizes in the source, and by values of overrides. */
class Compiled {
  readonly modules = new Map<string, GPUShaderModule>();
  readonly pipelines: Promise<string>[] = [];

  /** Listens to what a device compiles. */
  constructor(gpu: GPUDevice) {
    const createModule = gpu.createShaderModule.bind(gpu);
    const createPipeline = gpu.createComputePipelineAsync.bind(gpu);
    gpu.createShaderModule = (descriptor) => {
      const module = createModule(descriptor);
      this.modules.set(`${descriptor.label}: ${descriptor.code}`, module);
      return module;
    };
    gpu.createComputePipelineAsync = (descriptor) => {
      const creating = createPipeline(descriptor);
      this.pipelines.push(
        creating.then(
          () => "",
          (error: unknown) => `${descriptor.label}: ${error}`,
        ),
      );
      return creating;
    };
  }

  /** All that compilers have to say of them. */
  async messages(): Promise<string[]> {
    const said = [...this.modules].map(async ([name, module]) => {
      const { messages } = await module.getCompilationInfo();
      return messages.map(({ type, lineNum, message }) => `${name.split(":")[0]}:${lineNum} ${type}: ${message}`);
    });
    return [...(await Promise.all(said)).flat(), ...(await Promise.all(this.pipelines))].filter(Boolean);
  }
}

interface Listened {
  readonly device: Device;
  readonly compiled: Compiled;
}

async function open(): Promise<Listened> {
  const found = await findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });
  const capabilities = await requestDevice(found);
  const compiled = new Compiled(capabilities.gpu);
  // Shapes are all that plans look at: nothing is made or uploaded to be computed with.
  return { compiled, device: Object.assign(deviceOn(found, capabilities), { hasNoValues: true as const }) };
}

/** The op's case, forward and backward, without its values. */
function prepareCase(device: Device, name: OpName, inputs: readonly TensorSpec[], attrs: unknown): Promise<void> {
  const scope = new Scope(undefined);
  const run = () => {
    const tensors = inputs.map(({ shape, dtype }) => zeros(shape, { dtype, device }));
    for (const one of tensors) if (one.dtype === "f32") requireGrad(one);
    const run = () => apply(OPS[name] as Op<unknown>, tensors, attrs, device);
    const [result] = OPS[name].mutates ? noGrad(run) : run();
    if (result?.requiresGrad) backward(result as Tensor, { dy: zeros(result.shape, { device }) });
  };
  return warmUp(device, () => scope.run(run)).finally(() => scope.end());
}

/** A step of training, then inference with fused kernels. */
async function prepareModel(device: Device, name: string, input: Shape): Promise<void> {
  const model = createModel(name, { device, numClasses: 10 });
  const scope = new Scope(undefined);
  try {
    const images = zeros(input, { device });
    const labels = zeros([input[0] as number], { dtype: "i32", device });
    await warmUp(device, () =>
      scope.run(() => {
        model.train();
        backward(crossEntropy(model.forward(images), labels));
        model.eval();
        noGrad(() => model.forward(images));
      }),
    );
  } finally {
    scope.end();
    model.dispose();
  }
}

describe.skipIf(!opened)(`every variant of a kernel compiles without a message (${opened?.adapter ?? reason})`, async () => {
  const { device, compiled } = opened ? await open() : ({} as Listened);
  afterAll(() => device?.close());

  test.each(Object.keys(CASES) as OpName[])("%s", async (op) => {
    const { cases } = CASES[op] as Cases<unknown>;
    for (const { inputs, attrs } of cases) {
      const specs = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype === "float" ? ("f32" as const) : dtype }));
      await prepareCase(device, op, specs, attrs);
    }
    expect(await compiled.messages()).toEqual([]);
  });

  test.each(["lenet5", "resnet18", "densenet121", "efficientnet_b0", "resnext50_32x4d"])("%s", async (name) => {
    const { inputShape } = findModel(name).facts;
    await prepareModel(device, name, [8, ...inputShape]);
    await prepareModel(device, name, [1, ...inputShape]);
    expect(await compiled.messages()).toEqual([]);
  });

  test("there were hundreds", () => {
    expect(compiled.modules.size).toBeGreaterThan(100);
    expect(compiled.pipelines.length).toBeGreaterThan(300);
  });
});
