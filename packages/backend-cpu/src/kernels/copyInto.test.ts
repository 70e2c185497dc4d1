import { afterAll, beforeAll, expect, it } from "vitest";
import { KINDS } from "../testing/both-threads";
import { PlanRunner } from "../testing/run-plan";
import { copyInto } from "./copyInto";

let runner: PlanRunner;
beforeAll(async () => {
  runner = await PlanRunner.open({ threads: 2 });
});
afterAll(() => runner.close());

it.each(KINDS)("copyInto overwrites the target, $name", ({ tensor }) => {
  for (const shape of [[], [1], [9], [5, 65], [100003], [0]]) {
    const [target, source] = [tensor(shape, 0), tensor(shape)];
    const { inputs } = runner.run(copyInto, { inputs: [target, source], attrs: {} });
    expect(inputs[0]!.data).toEqual(source.data);
  }
});
