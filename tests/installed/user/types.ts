import { type CpuOptions, cpu } from "@vertebra/backend-cpu";
import { type WebgpuOptions, webgpu } from "@vertebra/backend-webgpu";
import { type Device, grad, matmul, relu, requireGrad, sum, type Tensor, tensor } from "@vertebra/core";

const options: CpuOptions = { threads: 2, simd: "auto" };
const device: Device = await cpu(options).open();
const x: Tensor = requireGrad(tensor([[1, 2]], { device }));
const [dx] = grad(sum(relu(matmul(x, x, { transB: true }))), [x]);
export const item: Promise<number> | undefined = dx && sum(dx).item();
// @ts-expect-error: threads is a number. Fails if the types were missing and everything `any`.
export const wrong: CpuOptions = { threads: "2" };
export const preferred: WebgpuOptions = { powerPreference: "low-power" };
export const other: Promise<Device> = webgpu(preferred).open();
