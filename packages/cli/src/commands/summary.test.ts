import { describe, expect, test } from "vitest";
import { main } from "../cli";
import { runCli } from "../testing/run-cli";

const widthOf = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

describe("summary", () => {
  test("of resnet50 has the published counts and the documented shape", async () => {
    const { stdout } = await runCli(["summary", "resnet50", "--json"]);
    const summary = JSON.parse(stdout);
    // torchvision's table: 25,557,032 parameters, 4.09 GFLOPS (multiply-accumulates of convolutions and linear layers).
    expect(summary).toMatchObject({ model: "resnet50", params: 25_557_032, input: [1, 3, 224, 224], output: [1, 1000] });
    expect((summary.macs / 1e9).toFixed(2)).toBe("4.09");
    for (const layer of summary.layers) {
      expect(Object.keys(layer)).toEqual(["path", "type", "output", "params", "macs", "activationBytes", "receptiveField"]);
    }
    const total = (key: "params" | "macs") =>
      summary.layers.reduce((sum: number, layer: Record<string, number>) => sum + (layer[key] ?? 0), 0);
    expect([total("params"), total("macs")]).toEqual([summary.params, summary.macs]);
    expect(summary.stages.map(({ name }: { name: string }) => name)).toEqual([
      "stem",
      "layer1",
      "layer2",
      "layer3",
      "layer4",
      "head",
    ]);
    // Araujo et al. 2019, table 1: 483 for ResNet-50 v1; with the stride on the 3×3 (v1.5) three of these see one step less.
    expect(summary.layers.find(({ path }: { path: string }) => path === "layer4.2")?.receptiveField ?? null).toBeNull();
    expect(summary.layers.find(({ path }: { path: string }) => path === "layer4.2.conv3").receptiveField).toEqual([427, 427]);
  });

  test("has what each call of a shared layer sees", async () => {
    const { stdout } = await runCli(["summary", "resnet50", "--json"]);
    const { layers } = JSON.parse(stdout) as { layers: { path: string; receptiveField: number[] | null }[] };
    // The stem's 7×7 and 3×3 at stride 2 see 7 + 2 · 2; the block's 3×3 at stride 4 adds 2 · 4 for the second and third call.
    const fields = layers.filter(({ path }) => path === "layer1.0.relu").map(({ receptiveField }) => receptiveField?.[0]);
    expect(fields).toEqual([11, 19, 19]);
  });

  test("names layers outside of the model's tree by their type", async () => {
    const { stdout } = await runCli(["summary", "lenet5"]);
    const rows = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(rows.slice(1, 7).map((cells) => [cells[0], cells.at(-1)])).toEqual([
      ["conv1", "5²"],
      ["(ReLU)", "5²"],
      ["(MaxPool2d)", "6²"],
      ["conv2", "14²"],
      ["(ReLU)", "14²"],
      ["(MaxPool2d)", "16²"],
    ]);
  });

  test("takes a size, a batch and a number of classes", async () => {
    const { stdout } = await runCli("summary resnet18 --input 1x64x96 --batch 2 --num-classes 7 --json".split(" "));
    const { input, output, layers } = JSON.parse(stdout);
    expect([input, output]).toEqual([
      [2, 1, 64, 96],
      [2, 7],
    ]);
    expect(layers[0]).toMatchObject({
      path: "conv1",
      type: "Conv2d",
      output: [2, 64, 32, 48],
      activationBytes: 2 * 64 * 32 * 48 * 4,
    });
  });

  test("--format torch prints what PyTorch does", async () => {
    const { stdout } = await runCli(["summary", "lenet5", "--format", "torch"]);
    expect(stdout).toContain("LeNet5(\n  (conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))\n");
  });

  test("takes a block and options", async () => {
    const { stdout } = await runCli(["summary", "Bottleneck", "--options", '{"inChannels": 256, "channels": 64}', "--json"]);
    // 1×1 at 256 → 64, 3×3 at 64, 1×1 at 64 → 256, and three norms: He et al. 2016, figure 5.
    const weights = 256 * 64 + 9 * 64 * 64 + 64 * 256;
    expect(JSON.parse(stdout)).toMatchObject({ params: weights + 2 * (64 + 64 + 256), output: [1, 256, 32, 32] });
    const v1 = await runCli(["summary", "resnet50", "--options", '{"version": "1"}', "--json"]);
    expect(JSON.parse(v1.stdout).macs).toBeLessThan(4.0e9);
  });

  test.each([
    [["summary", "Botleneck"], 'Did you mean "Bottleneck"?'],
    [["summary", "Bottleneck"], "a block must be given its options"],
    [["summary", "Bottleneck", "--options", "[1]"], "--options must be a JSON object"],
  ])("%j is a usage error", async (line, message) => {
    const { code, stderr } = await runCli(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test("of a block of plain layers doesn't say them twice as stages", async () => {
    const { stdout } = await runCli(["summary", "Bottleneck", "--options", '{"inChannels": 256, "channels": 64}']);
    expect([stdout.match(/conv1/g), stdout.includes("stage")]).toEqual([["conv1"], false]);
  });

  test.each(["resnet18", "googlenet", "inception_v3", "densenet121"])("of %s fits a terminal of 80 columns", async (model) => {
    const { stdout } = await runCli(["summary", model]);
    expect(widthOf(stdout)).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/ {2}Without (type, )?activation, sees, for lack of width: --json has all\n/);
  });

  test("a size that doesn't fit is an error that names the layer", async () => {
    const { code, stderr } = await runCli("summary lenet5 --input 1x64x64".split(" "));
    expect(code).toBe(1);
    expect(stderr).toContain("fc1");
  });
});

test("models lists each with counted parameters and MACs", async () => {
  const { stdout } = await runCli(["models", "--json"]);
  const rows = JSON.parse(stdout) as { name: string }[];
  expect(rows.find(({ name }) => name === "lenet5")).toEqual({
    name: "lenet5",
    params: 61_706,
    // 25·1·6·28² + 25·6·16·10² + 400·120 + 120·84 + 84·10
    macs: 117_600 + 240_000 + 48_000 + 10_080 + 840,
    input: [1, 32, 32],
    numClasses: 10,
    source: expect.any(String),
  });
});

test("models and compare fit a terminal of 80 columns; files get all columns", async () => {
  const [narrow, compared] = [await runCli(["models"]), await runCli(["compare"])];
  expect([widthOf(narrow.stdout), widthOf(compared.stdout)].every((width) => width <= 80)).toBe(true);
  expect(narrow.stdout).not.toContain("torchvision");
  let file = "";
  const sink = { write: (text: string) => (file += text) };
  await main(["models"], { stdout: sink, stderr: sink, env: {} });
  expect(file).toContain("torchvision");
});
