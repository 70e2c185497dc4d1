import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findModel, listModels } from "@vertebra/models";
import { describe, expect, test } from "vitest";
import { runCli } from "../testing/run-cli";
import { temporaryFolder } from "../testing/temporary-folder";

const folder = temporaryFolder();

describe("compare", () => {
  test("sets counted numbers and published accuracy side by side", async () => {
    const { code, stdout } = await runCli("compare resnet50 vgg16 resnet20_cifar --json".split(" "));
    expect(code).toBe(0);
    const [resnet, vgg, cifar] = JSON.parse(stdout);
    // torchvision's table of classification weights: parameters, GFLOPS and acc@1.
    expect(resnet).toMatchObject({ model: "resnet50", params: 25_557_032, depth: 50, top1: 76.13 });
    expect(vgg).toMatchObject({ model: "vgg16", params: 138_357_544, depth: 16, top1: 71.592 });
    expect([resnet.macs / 1e9, vgg.macs / 1e9].map((value) => value.toFixed(2))).toEqual(["4.09", "15.47"]);
    expect(resnet.source).toContain("torchvision");
    expect(Object.keys(cifar)).toEqual(["model", "params", "macs", "activationBytes", "depth"]);
  });

  test("adds up the bytes of all outputs", async () => {
    const { stdout } = await runCli(["compare", "lenet5", "--json"]);
    // Convolutions 6·28² and 16·10² with a ReLU each, linear layers 120, 84 and 10: four bytes each.
    expect(JSON.parse(stdout)[0].activationBytes).toBe(
      4 * (6 * (2 * 28 ** 2 + 14 ** 2) + 16 * (2 * 10 ** 2 + 5 ** 2) + 120 + 84 + 10),
    );
  });

  test("takes all models with published accuracy where none is named", async () => {
    const { stdout } = await runCli(["compare", "--json"]);
    const published = listModels().filter((name) => findModel(name).facts.weights);
    expect(JSON.parse(stdout).map(({ model }: { model: string }) => model)).toEqual(published);
  });

  test("prints a table, a model once, and where accuracy is from", async () => {
    const { stdout } = await runCli("compare lenet5 alexnet lenet5".split(" "));
    expect(stdout).toMatch(/^ +model +parameters +MACs +activations +depth +top-1\n/);
    expect(stdout.match(/lenet5/g)).toHaveLength(1);
    expect(stdout).toMatch(/alexnet +61,100,840 +714\.\d M +[\d.]+ MiB +8 +56\.52\n/);
    expect(stdout).toContain("torchvision 0.14");
  });

  test("draws accuracy over multiply-accumulates; what has none is listed below", async () => {
    const path = join(folder, "plots", "models.svg");
    const { code } = await runCli(["compare", "resnet18", "resnet50", "lenet5", "--svg", path]);
    const svg = await readFile(path, "utf8");
    expect(code).toBe(0);
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).toContain(">resnet50</text>");
    expect(svg).toContain("Without published accuracy: lenet5 (61,706 parameters");
  });

  test("has nothing to draw without accuracy", async () => {
    const { code, stderr } = await runCli("compare lenet5 --svg x.svg".split(" "));
    expect(code).toBe(2);
    expect(stderr).toContain("--svg needs a model with published accuracy, got lenet5");
  });

  test("answers an unknown model with the nearest", async () => {
    const { code, stderr } = await runCli("compare resnet50 resnet51".split(" "));
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean "resnet50"?');
  });
});
