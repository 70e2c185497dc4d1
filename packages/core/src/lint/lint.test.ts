import { describe, expect, test } from "vitest";
import { openMeta } from "../backends/meta";
import { withDevice } from "../device";
import { generatorState } from "../generator";
import { checkLeaks } from "../leaks";
import { ReLU } from "../nn/layers/activations";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import { Conv2d } from "../nn/layers/conv2d";
import { Dropout } from "../nn/layers/dropout";
import { Flatten } from "../nn/layers/flatten";
import { Linear } from "../nn/layers/linear";
import { Sequential } from "../nn/layers/sequential";
import { lint } from "./lint";
import { LINT_RULES, type LintRuleName } from "./rules/index";

const network = () =>
  new Sequential({
    conv: new Conv2d(3, 4, { kernel: 1, padding: 1 }),
    norm: new BatchNorm2d(4),
    act: new ReLU(),
    drop: new Dropout(),
    flat: new Flatten(),
    fc: new Linear(4 * 36, 2),
  });
const INPUT = [1, 3, 4, 4];

describe("lint", () => {
  test("reports the model, its input and each finding with why and fix", () => {
    const report = lint(withDevice(openMeta(), network), INPUT, { name: "tiny" });
    expect(report).toMatchObject({ model: "tiny", input: INPUT, params: 16 + 8 + 290, unusedParams: 0 });
    expect(report.findings).toEqual([
      {
        rule: "bias-before-norm",
        severity: "warning",
        path: "conv",
        message: "4 bias values directly before batch norm norm",
        why: LINT_RULES["bias-before-norm"].why,
        fix: LINT_RULES["bias-before-norm"].fix,
      },
      expect.objectContaining({ rule: "padded-1x1", path: "conv" }),
    ]);
  });

  test("leaves modes, tensors and memory as they were", async () => {
    const device = openMeta();
    const model = withDevice(device, network);
    model.eval();
    model.layers[3]?.train();
    const [modes, state] = [model.namedModules().map(([, { isTraining }]) => isTraining), [...model.stateDict()]];
    await checkLeaks(() => {
      lint(model, INPUT);
    });
    expect(model.namedModules().map(([, { isTraining }]) => isTraining)).toEqual(modes);
    expect([...model.stateDict()]).toEqual(state);
    // Nothing of the model was made or written: its tensors are still to be initialised.
    expect(device.memory()).toMatchObject({ bytesInUse: 0, peakBytes: 0, buffers: 0 });
    expect(generatorState(device).storage.version).toBe(0);
  });

  test("puts the model back when its own code throws", () => {
    const model = withDevice(openMeta(), network);
    const before = [...model.stateDict()];
    Object.assign(model, {
      forward: () => {
        throw new TypeError("mine");
      },
    });
    expect(() => lint(model, INPUT)).toThrow("mine");
    expect([...model.stateDict()]).toEqual(before);
  });

  test("looks at the rules asked for", () => {
    const report = lint(withDevice(openMeta(), network), INPUT, { rules: ["padded-1x1"] });
    expect(report.findings.map(({ rule }) => rule)).toEqual(["padded-1x1"]);
  });

  test("names the nearest rule for one that there isn't", () => {
    const rules = ["padded-1x2"] as unknown as LintRuleName[];
    expect(() => lint(withDevice(openMeta(), network), INPUT, { rules })).toThrow(
      'lint: rules must be a known name, got "padded-1x2". Did you mean "padded-1x1"?',
    );
  });
});
