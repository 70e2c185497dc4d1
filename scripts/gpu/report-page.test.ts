import { describe, expect, it } from "vitest";
import { merge, page } from "./report-page.mjs";
import type { CaseRecord, State, StepFile } from "./step-file.mjs";

const facts = { hash: "0123456789abcdef", commit: "abc1234" };
const file = (step: string, records: Record<string, CaseRecord>, state: State = "finished"): StepFile => ({
  step,
  bundle: facts.hash,
  state,
  seconds: 12.3,
  records,
  begun: {},
});
const adapter = { name: "webgpu", available: true, adapter: "NVIDIA: 580.1", features: ["finite-math"] };
const devices = (records: Record<string, CaseRecord>) =>
  file("devices", { devices: { ok: true, devices: [adapter] }, ...records });
const merged = (...files: StepFile[]) => merge(files, { command: "check.sh all", facts });
const mergedCuda = (...files: StepFile[]) => merge(files, { backend: "cuda", command: "check.sh all", facts });

describe("merge", () => {
  it("names the document after the GPU that nvidia-smi tells", () => {
    expect(merged(devices({ "nvidia-smi": { gpus: [{ name: "NVIDIA H200" }] } }))).toMatchObject({
      gpu: "NVIDIA H200",
      name: "nvidia-h200-webgpu",
    });
  });

  it("names it after the adapter without nvidia-smi, and where the adapter imitates a GPU", () => {
    expect(merged(devices({ limits: { info: { device: "radeon-rx" } } })).name).toBe("radeon-rx-webgpu");
    const software = { ...adapter, adapter: "SwiftShader", features: ["software"] };
    const records = { devices: { devices: [software] }, "nvidia-smi": { gpus: [{ name: "NVIDIA H200" }] } };
    expect(merged(file("devices", records)).name).toBe("swiftshader-webgpu");
    expect(merged().name).toBe("unknown-gpu-webgpu");
  });

  it("counts what is done, failed and skipped", () => {
    const { steps } = merged(
      file("parity-ops", { relu: { ok: true }, sum: { ok: false }, add: { skipped: "why" } }, "out of time"),
    );
    expect(steps["parity-ops"]).toMatchObject({ state: "out of time", done: 1, failed: 1, skipped: 1 });
  });
});

describe("page", () => {
  it("sets our times beside PyTorch's and the measured peak", () => {
    const text = page(
      merged(
        file("bench", {
          "peak f32": { gflops: 1000 },
          "matmul 512": { ok: true, ms: 2, gflops: 250, launches: 1, scriptMicrosPerOp: 3 },
          torch: { version: "2.0" },
          "torch matmul 512": { ms: 1 },
        }),
      ),
    );
    expect(text).toContain("| matmul 512 | 2 | 250 | 25.0 | 1 | 3 | 1 | 2.00 |");
  });

  it("says what failed and what is left", () => {
    const text = page(merged(file("parity-ops", { sum: { ok: false, failures: ["sum [3]: off by one"] } }, "out of time")));
    expect(text).toContain("**out of time** after 12 s: 0 done, 1 failed, 0 skipped.");
    expect(text).toContain("- **sum**: sum [3]: off by one");
  });

  it("of CUDA compares by the GPU's clock, and says what was left out and why", () => {
    const gpu = { name: "cuda", available: true, adapter: "NVIDIA H200, compute capability 9.0", features: [] };
    const document = mergedCuda(
      file("cuda-devices", { devices: { ok: true, devices: [gpu] } }),
      file("cuda-bench-ops", {
        "copy bandwidth": { gigabytes: 4000 },
        "relu f32": { ok: true, ms: 3, gpuMs: 2, gigabytes: 3000 },
        "matmul 512 bf16": { ok: true, ms: 3, gpuMs: 2, gflops: 5000, sampledError: 0.004, launches: 1 },
        "matmul 512 tf32": { skipped: "no option" },
        torch: { version: "2.9", cudnn: 91_000 },
        "torch matmul 512 bf16": { ms: 2, gpuMs: 1 },
      }),
      file("cuda-sanitizer", { "memcheck relu": { ok: true, summary: "ERROR SUMMARY: 0 errors" } }),
    );
    expect(document.name).toBe("nvidia-h200-cuda");
    const text = page(document);
    expect(text).toContain("# CUDA on NVIDIA H200");
    expect(text).toContain("| relu f32 | 2 | 3000 | 75 % | – | – |");
    expect(text).toContain("| matmul 512 bf16 | 2 | 5 | 0.0040 | 1 | 1 | 2.00 |");
    expect(text).toContain("Skipped: matmul 512 tf32: no option");
    expect(text).toContain("| memcheck relu | ERROR SUMMARY: 0 errors |");
  });

  it("is whole with a step that crashed before its first case", () => {
    const text = page(
      merged(file("training", {}, "crashed"), file("bench", {}, "crashed"), file("parity-models", {}, "crashed")),
    );
    expect(text).toContain("## Training");
  });
});
