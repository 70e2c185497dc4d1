import { Module, mul, onesInit, parameter, type Tensor } from "@vertebra/core";
import { expect, test } from "vitest";
import { openReference } from "../reference/index";
import { memoryGoldens } from "../testing/memory-goldens";
import type { BlockMaker } from "./replay";
import { runGoldens } from "./run-goldens";

/** x · weight · times. */
class Scale extends Module {
  readonly weight: Tensor;

  constructor(
    inChannels: number,
    readonly times: number,
  ) {
    super();
    this.weight = parameter([inChannels], onesInit);
  }

  forward(x: Tensor): Tensor {
    return mul(mul(x, this.weight), this.times);
  }
}

const makeScale: BlockMaker = ({ inChannels, stride = 1 }) => new Scale(Number(inChannels), Number(stride));
const Known: BlockMaker = Object.assign((args: Parameters<BlockMaker>[0]) => makeScale(args), {
  options: { inChannels: "required", stride: "optional" } as const,
});

const replay = (args: Readonly<Record<string, unknown>>, block = "Known") =>
  runGoldens(
    memoryGoldens([
      {
        op: "module",
        attrs: { block, args, mode: "eval" },
        inputs: { x: [[1, 2]], weight: [3, 5] },
        outputs: { y: [[6, 20]] },
        fedBack: { y: [[1, 10]] },
        gradients: { x: [[6, 100]], weight: [2, 40] },
      },
    ]),
    [openReference()],
    { blocks: { Known, AsGiven: makeScale } },
  );

test.each([
  { inChannels: 2, stride: 2 },
  { inplanes: 2, strides: 2 },
  { num_input_features: 2, stride: 2 },
])("takes a block's options by our names and by PyTorch's: %j", async (args) => {
  expect(await replay(args)).toMatchObject({ passed: 1, failed: 0, lacking: [], failures: [] });
});

test.each([
  [{ inChannels: 2, stride: 2, dilation: 1 }, "block option dilation"],
  [{ stride: 2 }, "a row without block option inChannels"],
])("lists options that the block doesn't have, or that the row would have to give: %j", async (args, what) => {
  const report = await replay(args);
  expect([report.passed, report.failed, report.lacking]).toEqual([0, 0, [{ op: "module", case: "0", what }]]);
});

test("gives a block that names no options whatever the row has", async () => {
  expect(await replay({ inChannels: 2, stride: 2, dilation: 1 }, "AsGiven")).toMatchObject({ passed: 1, lacking: [] });
});
