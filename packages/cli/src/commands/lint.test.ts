import { cpu } from "@vertebra/backend-cpu";
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  generatorState,
  type LintReport,
  type LintRuleName,
  lint,
  type Module,
  openMeta,
  receptiveFields,
  Sequential,
  setDevice,
} from "@vertebra/core";
import { createModel, densenet121, listModels, resnet50, resnet101, resnet152 } from "@vertebra/models";
import { describe, expect, test } from "vitest";
import { runCli } from "../testing/run-cli";

/** Models whose published form has a trap, and which. */
const AS_PUBLISHED: readonly (readonly [models: RegExp, rule: string])[] = [
  [/^(lenet5|alexnet_plain)$/, "missing-activation"],
  [/^vgg\d+_bn$|^inception_v2$/, "bias-before-norm"],
];

describe("vertebra lint", () => {
  test("prints what it finds by rule, with why and fix, and fails", async () => {
    const { code, stdout } = await runCli(["lint", "lenet5"]);
    expect(code).toBe(1);
    expect(stdout).toBe(`  lenet5: 1×1×32×32, 61,706 parameters

  warning  missing-activation
    fc1: goes straight into fc2: no activation between
    fc2: goes straight into fc3: no activation between
    why: Two linear maps in a row are one: the second adds parameters and
      time, but nothing that one layer couldn't compute.
    fix: Put an activation between them, such as relu, or make them one layer.

  2 warnings
`);
  });

  test("notes alone are no failure", async () => {
    const { code, stdout } = await runCli(["lint", "resnet50", "--json"]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(["model", "input", "params", "unusedParams", "findings"]);
    expect(report).toMatchObject({ model: "resnet50", input: [1, 3, 224, 224], params: 25_557_032, unusedParams: 0 });
    expect(Object.keys(report.findings[0])).toEqual(["rule", "severity", "path", "message", "why", "fix"]);
    // Hand-made sum of (k − 1) · stride with the stride on the 3×3 convolutions: 427 pixels.
    expect(report.findings).toMatchObject([{ severity: "note", message: expect.stringContaining("427×427") }]);
  });

  test("the note on fields names no gate, which sees all of the map by intent", async () => {
    const { stdout } = await runCli(["lint", "efficientnet_b0", "--json"]);
    const notes = (JSON.parse(stdout) as LintReport).findings.filter(({ rule }) => rule === "receptive-field");
    expect(notes.map(({ path }) => path)).toEqual([expect.stringMatching(/block\.\d\.0$/)]);
  });

  test("at a size that strides use up it names the convolutions that see one pixel", async () => {
    const { code, stdout } = await runCli("lint resnet18 --input 3x32x32 --num-classes 10 --json".split(" "));
    const { findings } = JSON.parse(stdout) as { findings: { path: string; severity: string }[] };
    expect(code).toBe(1);
    expect(findings.filter(({ severity }) => severity === "warning").map(({ path }) => path)).toEqual([
      "layer4.0.conv1",
      "layer4.0.conv2",
      "layer4.1.conv1",
      "layer4.1.conv2",
    ]);
  });

  test("a size that the classifier doesn't fit is an error with the size that does", async () => {
    const { code, stdout } = await runCli("lint lenet5 --input 1x52x52".split(" "));
    expect(code).toBe(1);
    expect(stdout).toMatch(/error {2}flatten-size\n {4}fc1: /);
    expect(stdout).toContain("32×32");
  });
});

describe("lint MODEL", () => {
  test.each(listModels())("finds in %s what its published form has, and no error", async (name) => {
    const { stdout } = await runCli(["lint", name, "--json"]);
    const { findings } = JSON.parse(stdout) as LintReport;
    const warnings = findings.filter(({ severity }) => severity === "warning").map(({ rule }) => rule);
    const expected = AS_PUBLISHED.filter(([models]) => models.test(name)).map(([, rule]) => rule);
    expect([...new Set(warnings)]).toEqual(expected);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});

describe("the tutorials' forms", () => {
  const device = openMeta();
  const pathsOf = (model: Module, side: number, rule: LintRuleName) =>
    lint(model, [1, 3, side, side], { rules: [rule] }).findings.map(({ path }) => path);

  test("a ResNet-50 whose every block owns a shortcut wastes 14.6 million parameters in twelve of them", () => {
    const model = resnet50({ version: "1", convBias: true, shortcut: "always-owned", device });
    // Twelve identity shortcuts: C² weights, C biases and 2 C of the norm each.
    const wasted = [2, 3, 5, 2].map((blocks, i) => blocks * ((256 << i) ** 2 + 3 * (256 << i)));
    expect(lint(model, [1, 3, 224, 224]).unusedParams).toBe(wasted.reduce((a, b) => a + b));
    const paths = pathsOf(model, 224, "unused-parameter");
    expect(paths).toHaveLength(12);
    expect(paths[0]).toBe("layer1.1.downsample");
    expect(pathsOf(model, 224, "bias-before-norm")).toHaveLength(16 * 3 + 4);
  });

  test("a DenseNet with padded transitions has them found by name", () => {
    const model = densenet121({ transitionPadding: 1, device });
    expect(pathsOf(model, 224, "padded-1x1")).toEqual([1, 2, 3].map((i) => `features.transition${i}.conv`));
  });

  test("fields of ResNet v1 are those published", () => {
    // Araujo, Norris, Sim 2019, table 1: ResNet-v1-50 483, -101 1027, -152 1507.
    const sizes = [resnet50, resnet101, resnet152].map(
      (make) => receptiveFields(make({ version: "1", device }), [1, 3, 224, 224]).get("layer4")?.size[0],
    );
    expect(sizes).toEqual([483, 1027, 1507]);
  });
});

describe("lint", () => {
  test("of resnet152 takes less than a second", () => {
    const model = createModel("resnet152", { device: openMeta() });
    const started = performance.now();
    lint(model, [1, 3, 224, 224]);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("of a module on the cpu neither runs nor changes it", async () => {
    const device = await cpu({ threads: 1 }).open();
    setDevice(device);
    const norm = new BatchNorm2d(4);
    const model = new Sequential([new Conv2d(3, 4, { kernel: 3 }), norm, new Dropout()]);
    const generator = await generatorState(device).bytes();
    const [mean, counted] = [await norm.running_mean?.data(), await norm.num_batches_tracked?.data()];
    const { bytesInUse, buffers } = device.memory();
    device.resetPeak();
    expect(lint(model, [1, 3, 512, 512]).findings).toMatchObject([{ rule: "bias-before-norm", path: "0" }]);
    expect(device.memory()).toMatchObject({ bytesInUse, buffers, peakBytes: bytesInUse });
    expect([await norm.running_mean?.data(), await norm.num_batches_tracked?.data()]).toEqual([mean, counted]);
    expect(await generatorState(device).bytes()).toEqual(generator);
    setDevice(undefined);
    await device.close();
  });
});
