import { type Device, type FusedActivation, type FusedKernels, OPS, type Operand, type Shape } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { runSubject } from "./case-run";
import { CASES } from "./cases/index";
import { checkGradient, referenceOf } from "./expectation";
import { fusedSubjects } from "./fused";
import { openReference } from "./reference/index";
import { MEANINGS } from "./reference/kernels/index";
import { load, store } from "./reference/storage";
import { Values } from "./reference/values";
import type { CaseOutcome, Report } from "./report";
import { runOps } from "./run";
import { openRounded, withKernel, withWrongResult } from "./testing/devices";

const kinds = ({ failures }: Report) => [...new Set(failures.map(({ kind }) => kind))];

describe("the whole suite", () => {
  it("passes on the reference itself, also when it stores f32", async () => {
    const report = await runOps([openReference(), openRounded()]);
    expect(report.failures).toEqual([]);
    expect(report.passed).toBe(2 * Object.values(CASES).reduce((count, { cases }) => count + cases.length, 0));
    expect(new Set(report.worst.map(({ op }) => op))).toEqual(new Set(Object.keys(OPS)));
    // One rounding per op must use up a good part of the tolerance where the tolerance is one ULP.
    expect(report.worst.find(({ device, op }) => device === "rounded" && op === "add")?.fraction).toBeGreaterThan(0.4);
  }, 600_000);
});

describe("a wrong device", () => {
  it("fails by value, naming op, case, element and reason", async () => {
    const wrong = withWrongResult(openRounded(), "matmul", (y) => y.map((value) => value * (1 + 1e-4)));
    const { failures, failed, passed } = await runOps([wrong], { ops: ["matmul", "sum"] });
    expect(failed).toBeGreaterThan(10);
    expect(passed).toBe(CASES.sum.cases.length + CASES.matmul.cases.length - failed);
    expect(failures[0]).toMatchObject({ device: "wrong", op: "matmul", case: "[1,1] · [1,1]", kind: "value" });
    expect(failures[0]?.message).toMatch(
      /^matmul \[1,1\] · \[1,1\] on wrong: result 0\[0\] is .*, the reference .*: an error of .* × the bound .* \(blocked sum over K\)$/,
    );
    expect(failures[0]?.error).toBeGreaterThan(failures[0]?.bound as number);
  });

  it("fails by gradient when only a backward kernel is wrong", async () => {
    const wrong = withWrongResult(openRounded(), "reluGrad", (dx) => dx.map((value) => value * 2));
    const { failures } = await runOps([wrong], { ops: ["relu"] });
    expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(["gradient"]));
    expect(failures[0]?.message).toContain("gradient by argument 0[");
  });

  it("fails by one wrong bit where nothing is rounded", async () => {
    const wrong = withWrongResult(
      openRounded(),
      "permute",
      (y) =>
        new Values(
          y.shape,
          y.data.map((value, i) => (i === 0 ? value * (1 + 2 ** -23) : value)),
        ),
    );
    expect(kinds(await runOps([wrong], { ops: ["permute"] }))).toEqual(["value", "gradient"]);
  });

  it("fails when errors inside the bound all point one way", async () => {
    // A tenth of the worst case of a sum of 5000 terms, on every element: no rounding does that.
    const biased = withWrongResult(openRounded(), "sum", (y) => y.map((value) => value + 20 * 2 ** -24 * Math.abs(value)));
    const { failures } = await runOps([biased], { ops: ["sum"] });
    expect(failures.some(({ message }) => message.includes("root mean square"))).toBe(true);
  });

  it("fails when a second run has other bits", async () => {
    let runs = 0;
    const wrong = withWrongResult(openRounded(), "exp", (y) => y.map((value) => value * (1 + (runs++ % 2) * 2 ** -23)));
    expect(kinds(await runOps([wrong], { ops: ["exp"] }))).toContain("repeat");
  });

  it("fails when a kernel keeps memory", async () => {
    const device = openRounded();
    const wrong = withKernel(device, "neg", (right) => (inputs, outputs, attrs) => {
      device.allocate(4);
      right(inputs, outputs, attrs);
    });
    expect(kinds(await runOps([wrong], { ops: ["neg"] }))).toEqual(["memory"]);
  });

  it("fails when a kernel throws, and goes on", async () => {
    const wrong = withKernel(openRounded(), "abs", () => () => {
      throw new Error("no such entry point");
    });
    const report = await runOps([wrong], { ops: ["abs", "neg"] });
    expect(kinds(report)).toEqual(["error"]);
    expect(report.failures[0]?.message).toContain("no such entry point");
    expect(report.passed).toBeGreaterThanOrEqual(CASES.neg.cases.length);
  });
});

describe("skips", () => {
  const skip = { device: "wrong", op: "neg", reason: "driver bug", issue: "#7" } as const;

  it("counts a failing case as skipped", async () => {
    const wrong = withWrongResult(openRounded(), "neg", (y) => y.map((value) => value + 1));
    const report = await runOps([wrong], { ops: ["neg"], skips: [skip] });
    // Empty tensors are right whatever the kernel does.
    expect(report.failures.map(({ kind, case: name }) => [kind, name])).toEqual([["skip", "[2,0,3]"]]);
    expect(report.skipped).toBe(CASES.neg.cases.length - 1);
  });

  it("fails a skip that passes", async () => {
    const report = await runOps([{ ...openRounded(), name: "wrong" }], { ops: ["neg"], skips: [{ ...skip, case: "[7]" }] });
    expect(report.failures.map(({ message }) => message)).toEqual([
      'neg [7]: passes on wrong though it is skipped for "driver bug" (#7); remove the skip',
    ]);
  });

  it("leaves out NaN and infinities on a device that declares finite-math, and dtypes it lacks", async () => {
    const outcomes: string[] = [];
    const device = { ...openRounded(), features: ["finite-math"], dtypes: ["f32", "i32", "bool"] as const };
    await runOps([device], {
      ops: ["exp", "toDtype"],
      onCase: ({ outcome, case: name, reason }) => outcome === "skipped" && outcomes.push(`${name}: ${reason}`),
    });
    expect(outcomes).toContain("edges: finite-math: no NaN or infinities");
    expect(outcomes).toContain("u8 to f32: no u8");
  });
});

it("the reference's own derivatives are checked against central differences", async () => {
  const right = await referenceOf("tanh", CASES.tanh.cases[2] as (typeof CASES.tanh.cases)[0]);
  expect(checkGradient(right)).toBeUndefined();
  const wrong = {
    ...right,
    gradient: right.gradient && { ...right.gradient, grads: [right.gradient.grads[0]?.map((g) => g * 1.001)] },
  };
  expect(checkGradient(wrong)).toMatch(/^the derivative by argument 0 along a direction is .*, central differences give/);
});

describe("fused kernels", () => {
  const activate = {
    none: (v: number) => v,
    relu: (v: number) => Math.max(v, 0),
    relu6: (v: number) => Math.min(Math.max(v, 0), 6),
    silu: (v: number) => v / (1 + Math.exp(-v)),
  };
  const planeOf = ([, , ...sizes]: Shape) => sizes.reduce((product, size) => product * size, 1);
  const finish = (sums: Values, [scale, shift, residual]: readonly Values[], activation: FusedActivation) =>
    sums.map((value, i) => {
      const channel = Math.floor(i / planeOf(sums.shape)) % sums.size(1);
      return activate[activation](value * (scale?.at(channel) ?? 1) + (shift?.at(channel) ?? 0) + (residual?.at(i) ?? 0));
    });

  /** The reference with fused kernels made of its own, in double; `change` spoils them. */
  const withFused = (change: (y: Values) => Values): Device => {
    const conv2dFused: FusedKernels["conv2dFused"] = (inputs, [target], attrs) => {
      const [x, weight, ...others] = inputs.map(load) as [Values, Values, ...Values[]];
      const shape = target?.shape ?? [];
      const y = MEANINGS.conv2d({ attrs, shape, shapes: [shape] }, x, weight)[0] as Values;
      store(target as Operand, change(finish(y, others, attrs.activation)));
    };
    const scaleShiftFused: FusedKernels["scaleShiftFused"] = (inputs, [target], { activation }) => {
      const [x, ...others] = inputs.map(load) as [Values, ...Values[]];
      store(target as Operand, change(finish(x, others, activation)));
    };
    return { ...openReference(), fused: { conv2dFused, scaleShiftFused } };
  };
  const outcomesOf = async (device: Device, op: string) => {
    const outcomes: CaseOutcome[] = [];
    for (const subject of fusedSubjects(device)) if (subject.op === op) outcomes.push(await runSubject(device, subject));
    return outcomes;
  };
  const COUNTS = { conv2dFused: CASES.conv2d.cases.length, scaleShiftFused: 3 * CASES.scaleShift.cases.length };
  const NAMES = ["conv2dFused", "scaleShiftFused"] as const;

  it.each(NAMES)("are compared with their composition where a device has them: %s", async (name) => {
    expect(fusedSubjects(openReference())).toEqual([]);
    const outcomes = await outcomesOf(
      withFused((y) => y),
      name,
    );
    expect(outcomes.length).toBe(COUNTS[name]);
    expect(outcomes.flatMap(({ failures }) => failures)).toEqual([]);
  });

  it.each(NAMES)("fail when every value is off by 1e-9 in double: %s", async (name) => {
    const device = withFused((y) => y.map((value) => value - 1e-9));
    const failed = (await outcomesOf(device, name)).filter(({ outcome }) => outcome === "failed");
    // All but the empty ones.
    expect(failed.length).toBe(COUNTS[name] - (name === "conv2dFused" ? 1 : 3));
  });
});
