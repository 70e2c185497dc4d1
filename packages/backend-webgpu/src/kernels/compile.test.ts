import { afterAll, describe, expect, test } from "vitest";
import { openRawForTests } from "../testing/raw-device";

declare global {
  interface ImportMeta {
    /** Of Vite, as far as it is used here. */
    glob(pattern: string, options: { readonly eager: true; readonly import: "default" }): Record<string, string>;
  }
}

const { gpu, reason } = await openRawForTests();
const kernels = Object.entries(import.meta.glob("./*.wgsl", { eager: true, import: "default" }));

/** Every file by itself, with the values of its own constants and overrides: an error is told by its file, not by an op that uses it. */
describe.skipIf(!gpu)(`kernels compile (${reason ?? "on the device under test"})`, () => {
  const device = gpu as GPUDevice;
  afterAll(() => device.destroy());

  test("there are some", () => expect(kernels).not.toEqual([]));

  test.each(kernels)("%s has neither errors nor warnings, and makes a pipeline", async (file, code) => {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label: file, code });
    const { messages } = await module.getCompilationInfo();
    await device.popErrorScope();
    const complaints = messages.filter(({ type }) => type !== "info");
    expect(complaints.map(({ type, lineNum, linePos, message }) => `${file}:${lineNum}:${linePos} ${type}: ${message}`)).toEqual(
      [],
    );

    const pipeline = device.createComputePipelineAsync({ label: file, layout: "auto", compute: { module, entryPoint: "main" } });
    await expect(pipeline.then(() => "compiles", String)).resolves.toBe("compiles");
  });
});
