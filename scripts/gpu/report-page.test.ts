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
          "matmul 512 f32": { ok: true, ms: 2, gflops: 250, launches: 1, scriptMicrosPerOp: 3 },
          torch: { version: "2.0" },
          "torch matmul 512 f32": { ms: 1 },
        }),
      ),
    );
    expect(text).toContain("| matmul 512 f32 | 2 | 250 | 25.0 | 1 | 3 | 1 | 2.00 |");
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

  it("says at its head what the numbers are of", () => {
    const records = {
      machine: {
        date: "2030-01-02",
        processor: "a processor",
        memoryGib: 64,
        node: "20.1.0",
        nvcc: "13.0",
        driver: "libcuda.so.1",
      },
      "nvidia-smi": { gpus: [{ name: "NVIDIA H200", driver_version: "580.1", "memory.total": "143771 MiB" }] },
      "first sum": { libraries: ["cuDNN 9.1 (/somewhere/libcudnn.so)", "no cuBLASLt"] },
    };
    const text = page(mergedCuda(file("cuda-devices", records), file("cuda-bench-ops", { torch: { version: "2.9" } })));
    expect(text).toContain("| GPU | NVIDIA H200, 143771 MiB |");
    expect(text).toContain("| driver | 580.1; libcuda.so.1 |");
    expect(text).toContain("| versions | Node 20.1.0; kernels by nvcc 13.0; cuDNN 9.1; PyTorch 2.9 |");
    expect(text).toContain("| date | 2030-01-02 |\n| command | `check.sh all` |\n| commit | abc1234, bundle 0123456789ab |");
  });

  it("compares with nothing where a processor plays the GPU, and says so", () => {
    const driver = { name: "cuda", available: true, adapter: "host test driver", features: ["test-driver"] };
    const document = mergedCuda(
      file("cuda-devices", { devices: { ok: true, devices: [driver] } }),
      file("cuda-bench-models", {
        "resnet18 step batch 2 f32": { ms: 4, gpuMs: 3, imagesPerSecond: 500, answerMs: 5, ops: 9, launches: 8 },
        torch: { version: "1.13", device: "cpu" },
        "torch resnet18 step batch 2 f32": { ms: 2, device: "cpu" },
      }),
    );
    expect(document.isImitation).toBe(true);
    const text = page(document);
    expect(text).toContain("No time on it is a GPU's");
    expect(text).toContain("| resnet18 step batch 2 f32 | 4 | 3 | 500 | 2 (cpu) | – | – | – | – | – | – |");
  });

  it("has torch.compile's times and both peaks in the models' table", () => {
    const key = "resnet18 step batch 32 bf16";
    const text = page(
      mergedCuda(
        file("cuda-bench-models", {
          [`${key}, libraries`]: { ms: 4.2, gpuMs: 4, imagesPerSecond: 8000, peakBytes: 3 << 20, ops: 9 },
          torch: { version: "2.9" },
          [`torch ${key}`]: { ms: 5, gpuMs: 5, peakBytes: 2 << 20 },
        }),
        file("cuda-bench-compiled", { torch: { version: "2.9", isCompiled: true }, [`torch ${key}`]: { ms: 2, gpuMs: 2 } }),
      ),
    );
    expect(text).toContain(`| ${key}, libraries | 4.2 | 4 | 8000 | 5 | 5 | 0.80 | 2 | 2.00 | 3 | 2 |`);
  });

  it("of CUDA has WebGPU's rows of the same names beside its own", () => {
    const row = (ms: number) => ({ "matmul 512 f32": { ok: true, ms } });
    const own = file("cuda-bench-ops", { ...row(2), torch: { version: "2.9" }, "torch matmul 512 f32": { ms: 1 } });
    const beside = merged(file("bench", row(8)));
    expect(page(mergedCuda(own), { beside })).toContain("| matmul 512 f32 | 2 | – | 8 | 1 | 2.00 | 8.00 | 4.00 |");
  });

  it("tells how long training took to the goal, beside PyTorch's", () => {
    const epochs = (seconds: number) => [
      { seconds, accuracy: 0.98 },
      { seconds, accuracy: 0.993 },
    ];
    const text = page(
      mergedCuda(
        file("cuda-mnist", {
          "lenet5 f32": { ok: true, batch: 64, epochs: epochs(3), firstLoss: 2.3 },
          torch: { version: "2.9" },
          "torch lenet5 f32": { epochs: epochs(4), firstLoss: 2.3 },
        }),
      ),
    );
    expect(text).toContain("| lenet5 f32 | 64 | 2 | 99.30 % | 6 | 6 | 2.30000 | 99.30 % | 8 | 8 | 2.30000 | 0.75 |");
  });

  it("is whole with a step that crashed before its first case", () => {
    const text = page(
      merged(file("training", {}, "crashed"), file("bench", {}, "crashed"), file("parity-models", {}, "crashed")),
    );
    expect(text).toContain("## Training");
  });
});
