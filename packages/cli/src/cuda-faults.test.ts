import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { prepareHost } from "../../backend-cuda/src/testing/native";
import { writeDigitsFolder } from "./testing/digits-folder";
import { runCli } from "./testing/run-cli";
import { temporaryFolder } from "./testing/temporary-folder";

const folder = temporaryFolder();
const data = writeDigitsFolder(join(folder, "digits"), { train: 40, test: 250 });
const { native, reason } = await prepareHost();

/** Ten steps an epoch on the test driver, and an evaluation of all test images behind each. */
const train = (out: string, line = "") =>
  runCli(
    `train lenet5 --device cuda --epochs 2 --batch-size 4 --save-every 1 --data ${data} --out ${join(folder, out)} ${line}`
      .split(" ")
      .filter(Boolean),
  );
const bytesOf = (name: string) => readFileSync(join(folder, name));

describe.skipIf(!native)(`a training run on a GPU that fails ${reason ?? ""}`, () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    [
      "has no room for an evaluation",
      "VERTEBRA_CUDA_HOST_MEMORY",
      `${3 << 20}`,
      /bytes asked, \d+ in use by tensors.*Free tensors/,
    ],
    [
      "breaks in the middle of a step",
      "VERTEBRA_CUDA_HOST_FAULT",
      "500:ILLEGAL_ADDRESS",
      /CUDA_ERROR_ILLEGAL_ADDRESS.*last checkpoint/,
    ],
  ])("because it %s ends with 1 and leaves a checkpoint that resumes bit for bit", async (_, name, value, message) => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
    expect((await train("whole.safetensors")).code).toBe(0);
    vi.stubEnv(name, value);
    const { code, stderr } = await train("part.safetensors");
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    vi.stubEnv(name, undefined);
    expect(bytesOf("part.safetensors").equals(bytesOf("whole.safetensors"))).toBe(false);
    expect((await runCli(["train", "--device", "cuda", "--resume", join(folder, "part.safetensors")])).code).toBe(0);
    expect(bytesOf("part.safetensors").equals(bytesOf("whole.safetensors"))).toBe(true);
  });
});
