import { afterAll, beforeAll, expect } from "vitest";
import type { Plan } from "../launch";
import { countOf } from "./indexing";
import { bitsOf, type HostData, type HostTensor, type PlanCall, PlanRunner } from "./run-plan";

type Run = <Attrs>(plan: Plan<Attrs>, call: PlanCall<Attrs>) => HostTensor[];

/** Opens runtimes of one and of two threads for a test file. The function it returns runs a plan on both and compares their bits. */
export function onBothThreadCounts(): Run {
  const runners: PlanRunner[] = [];
  beforeAll(async () => {
    runners.push(...(await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })])));
  });
  afterAll(() => {
    for (const runner of runners) runner.close();
  });
  return (plan, call) => {
    const [one, two] = runners.map((runner) => runner.run(plan, call).outputs) as [readonly HostTensor[], readonly HostTensor[]];
    expect(bitsOf(two.map(({ data }) => data))).toBe(bitsOf(one.map(({ data }) => data)));
    return [...one];
  };
}

/** One tensor of each element size, numbered from 1, and what an output of it looks like before the kernel has run. */
export const KINDS: readonly {
  readonly name: string;
  readonly tensor: (shape: readonly number[], fill?: number) => HostTensor;
}[] = [
  { name: "f32", tensor: (shape, fill) => numbered(new Float32Array(countOf(shape)), shape, fill) },
  { name: "f16", tensor: (shape, fill) => ({ ...numbered(new Uint16Array(countOf(shape)), shape, fill), dtype: "f16" }) },
  { name: "u8", tensor: (shape, fill) => numbered(new Uint8Array(countOf(shape)), shape, fill) },
];

const numbered = (data: HostData, shape: readonly number[], fill?: number): HostTensor => ({
  shape,
  data: data.map((_, i) => fill ?? i + 1),
});
