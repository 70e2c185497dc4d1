import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode, readSafetensors } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { writeDigitsFolder } from "../testing/digits-folder";
import { runCli } from "../testing/run-cli";
import { temporaryFolder } from "../testing/temporary-folder";

const folder = temporaryFolder();
const data = writeDigitsFolder(join(folder, "digits"), { train: 160, test: 30 });
const file = (name: string) => join(folder, name);

/** Twenty steps an epoch. */
const train = (out: string, line = "", options: Parameters<typeof runCli>[1] = {}) =>
  runCli(
    [
      ..."train lenet5 --epochs 2 --batch-size 8 --threads 1 --data".split(" "),
      data,
      "--out",
      file(out),
      ...line.split(" ").filter(Boolean),
    ],
    options,
  );

/** Sends Ctrl-C as soon as progress shows `sign`. */
function interruptAt(sign: string): { onText: (text: string) => void } {
  let isSent = false;
  return {
    onText(text) {
      if (isSent || !text.includes(sign)) return;
      isSent = true;
      process.emit("SIGINT", "SIGINT");
    },
  };
}

describe("train", () => {
  test("learns, and says the same to people and to programs", async () => {
    const { code, stdout, stderr } = await train("learned.safetensors", "--json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      model: "lenet5",
      data,
      device: "cpu",
      finished: true,
      steps: 40,
      checkpoint: file("learned.safetensors"),
    });
    expect(result.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([1, 2]);
    expect(result.epochs[1]).toEqual({
      epoch: 2,
      loss: expect.any(Number),
      accuracy: expect.any(Number),
      imagesPerSecond: expect.any(Number),
      test: { images: 30, correct: expect.any(Number), accuracy: result.testAccuracy, loss: expect.any(Number) },
    });
    // Three classes that differ in where they are bright: a third by chance.
    expect(result.testAccuracy).toBeGreaterThan(0.9);
    expect(stderr).toContain(`test accuracy ${(100 * result.testAccuracy).toFixed(2)} %`);
    expect(stderr).toMatch(/epoch 1\/2 .* loss \d\.\d{3} {2}acc \d+\.\d % {2}[\d,]+ img\/s {2}\d:\d\d left/);
  });

  test("gives the same bytes for the same seed, whatever the number of threads, and others for another", async () => {
    await train("seed-0a.safetensors", "--limit 40");
    await train("seed-0b.safetensors", "--limit 40 --threads 3");
    await train("seed-1.safetensors", "--limit 40 --seed 1");
    const [a, b, other] = ["seed-0a", "seed-0b", "seed-1"].map((name) => readFileSync(file(`${name}.safetensors`)));
    expect(a?.equals(b as Buffer)).toBe(true);
    expect(a?.equals(other as Buffer)).toBe(false);
  });

  test("with --validate gives the same bytes and says how many calls were run again", async () => {
    await train("plain.safetensors", "--limit 16");
    const { code, stdout } = await train("validated.safetensors", "--limit 16 --validate --device cpu");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/every kernel checked by the reference[\s\S]*\n\d+ calls .* none differs\n$/),
    ]);
    const [plain, validated] = ["plain", "validated"].map((name) => readFileSync(file(`${name}.safetensors`)));
    expect(plain?.equals(validated as Buffer)).toBe(true);
  });

  test.each([
    "--optimizer sgd --schedule cosine --warmup 0.5",
    "--optimizer adam",
    "--optimizer rmsprop --momentum 0.5 --schedule step",
    "--precision f16",
    "--precision bf16",
  ])("%s: 40 steps in one go and with Ctrl-C and --resume in between are the same bytes", async (line) => {
    const whole = await train("whole.safetensors", line);
    const stopped = await train("part.safetensors", line, interruptAt("40 %"));
    expect([whole.code, stopped.code]).toEqual([0, 1]);
    expect(stopped.stderr).toContain(`Go on with: vertebra train lenet5 --resume ${file("part.safetensors")}`);
    const resumed = await runCli(["train", "--resume", file("part.safetensors"), "--threads", "2"]);
    expect(resumed.code).toBe(0);
    expect(readFileSync(file("part.safetensors")).equals(readFileSync(file("whole.safetensors")))).toBe(true);
  });

  test.each(["f16", "bf16"])("learns in %s too, and eval takes the weights in any precision", async (precision) => {
    const { stdout } = await train(`${precision}.safetensors`, `--precision ${precision} --json`);
    expect(JSON.parse(stdout).testAccuracy).toBeGreaterThan(0.9);
    const { tensors } = readSafetensors(readFileSync(file(`${precision}.safetensors`)));
    expect([tensors.get("conv1.weight")?.dtype, tensors.get("optimizer.0.momentum")?.dtype]).toEqual(["f32", "f32"]);
    const line = ["eval", "lenet5", "--weights", file(`${precision}.safetensors`), "--precision", precision, "--json"];
    expect(JSON.parse((await runCli(line)).stdout).accuracy).toBe(JSON.parse(stdout).testAccuracy);
  });

  test("a model with running statistics resumes bit for bit too", async () => {
    const line = ["train", "resnet18", "--data", data, ..."--epochs 1 --batch-size 2 --limit 4 --threads 2".split(" ")];
    await runCli([...line, "--out", file("bn-whole.safetensors")]);
    await runCli([...line, "--out", file("bn-part.safetensors")], interruptAt("50 %"));
    expect((await runCli(["train", "--resume", file("bn-part.safetensors")])).code).toBe(0);
    const [whole, part] = ["bn-whole", "bn-part"].map((name) => readFileSync(file(`${name}.safetensors`)));
    expect(whole?.equals(part as Buffer)).toBe(true);
    // As PyTorch saves it.
    expect(readSafetensors(whole as Buffer).tensors.get("bn1.num_batches_tracked")).toMatchObject({ dtype: "i64", shape: [] });
  });

  test("--out names a folder too, and folders on the way are made", async () => {
    await train("new/folder/", "--limit 8 --epochs 1");
    expect(existsSync(file("new/folder/lenet5.safetensors"))).toBe(true);
  });

  test("a folder without test images is trained on all the same", async () => {
    const only = join(folder, "train-only");
    writeDigitsFolder(only, { train: 16, test: 3 });
    rmSync(join(only, "t10k-images-idx3-ubyte"));
    const { code, stdout } = await runCli([
      "train",
      "lenet5",
      "--data",
      only,
      "--epochs",
      "1",
      "--out",
      file("only.safetensors"),
      "--json",
    ]);
    expect([code, JSON.parse(stdout).testAccuracy]).toEqual([0, null]);
  });
});

describe("a loss that isn't finite", () => {
  test("stops with the step and the layer, and keeps the weights of before that step", async () => {
    const line = "--lr 1e15 --schedule constant --save-every 1 --limit 80";
    const { code, stderr } = await train("diverged.safetensors", line);
    expect(code).toBe(1);
    const step = Number(
      /train: the loss must be finite, got \S+ at step (\d+)\. The first output that isn't finite is (conv|fc)\d's/.exec(
        stderr,
      )?.[1],
    );
    expect(step).toBeGreaterThan(1);
    const kept = readSafetensors(readFileSync(file("diverged.safetensors")));
    expect(JSON.parse(kept.metadata.get("vertebra.training") ?? "").position.step).toBe(step - 1);
    const weights = kept.tensors.get("conv1.weight");
    expect(decode(weights!.bytes, "f32").every(Number.isFinite)).toBe(true);
  });
});

describe("--resume", () => {
  test("refuses what would make it another run, and another model", async () => {
    await train("begun.safetensors", "--limit 16 --epochs 1");
    const resume = (...line: string[]) => runCli(["train", ...line, "--resume", file("begun.safetensors")]);
    expect((await resume("--lr", "0.5")).stderr).toContain(
      "--lr must be what the run was begun with, 0.03, got 0.5. Leave it out",
    );
    expect((await resume("--precision", "f16")).stderr).toContain(
      "--precision must be what the run was begun with, f32, got f16",
    );
    expect((await resume("resnet18")).stderr).toContain("MODEL must be the checkpoint's, lenet5");
    expect((await resume("--batch-size", "8")).code).toBe(0);
  });

  test("builds the model with the options that the run was begun with", async () => {
    const options = ["--options", '{"fcActivation": true}'];
    const line = ["train", "lenet5", "--data", data, ..."--epochs 2 --batch-size 8 --threads 1".split(" "), ...options];
    await runCli([...line, "--out", file("active-whole.safetensors")]);
    await runCli([...line, "--out", file("active-part.safetensors")], interruptAt("40 %"));
    const resume = ["train", "--resume", file("active-part.safetensors")];
    const other = await runCli([...resume, "--options", "{}"]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("--options must be what the run was begun with")]);
    expect((await runCli([...resume, ...options])).code).toBe(0);
    const [whole, part] = ["active-whole", "active-part"].map((name) => readFileSync(file(`${name}.safetensors`)));
    expect(whole?.equals(part as Buffer)).toBe(true);
    await train("linear.safetensors");
    expect(readFileSync(file("linear.safetensors")).equals(whole as Buffer)).toBe(false);
  });

  test("takes more epochs", async () => {
    await train("longer.safetensors", "--limit 16 --epochs 1 --schedule constant");
    const { stdout } = await runCli(["train", "--resume", file("longer.safetensors"), "--epochs", "3", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 6, finished: true });
  });

  test("needs a checkpoint of training, whole", async () => {
    await train("good.safetensors", "--limit 8 --epochs 1");
    const bytes = readFileSync(file("good.safetensors"));
    writeFileSync(file("cut.safetensors"), bytes.subarray(0, bytes.length - 100));
    expect(await runCli(["train", "--resume", file("cut.safetensors")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("cut.safetensors: "),
    });
    expect(await runCli(["train", "--resume", file("none.safetensors")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("got none"),
    });
    const lying = Buffer.from(bytes);
    lying.writeBigUInt64LE(1n << 26n);
    writeFileSync(file("huge.safetensors"), lying);
    expect((await runCli(["train", "--resume", file("huge.safetensors")])).stderr).toContain(
      "the header's length must be at most",
    );
  });
});
