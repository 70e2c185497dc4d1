import { openReference } from "@vertebra/parity";
import { expect, test } from "vitest";
import { backward } from "../autograd";
import { setDevice } from "../device";
import { StateDictError } from "../errors";
import { ones } from "../functional/creation";
import { sum } from "../ops/sum";
import { BatchNorm2d } from "./layers/batch-norm";
import { Conv2d } from "./layers/conv2d";
import { Sequential } from "./layers/sequential";

setDevice(openReference());

const network = (channels = 2) => new Sequential([new Conv2d(channels, 3, { kernel: 1 }), new BatchNorm2d(3)]);
const values = async (module: Sequential) =>
  Promise.all([...module.stateDict().values()].map(async (value) => [...(await value.data())]));

test("a module takes another's state dict, as a copy", async () => {
  const [source, target] = [network(), network()];
  source.train().forward(ones([2, 2, 3, 3]));
  const before = await values(source);
  expect(await values(target)).not.toEqual(before);
  target.loadStateDict(source.stateDict());
  expect(await values(target)).toEqual(before);
  target.train().forward(ones([2, 2, 3, 3]));
  expect(await values(source)).toEqual(before);
  const grads = backward(sum(target.forward(ones([1, 2, 2, 2]))));
  expect(target.parameters().map((value) => grads.get(value)?.shape)).toEqual(target.parameters().map(({ shape }) => shape));
});

test("another's state dict must fit; what doesn't is reported where not strict", async () => {
  const [source, target] = [network(4), network()];
  const before = await values(target);
  expect(() => target.loadStateDict(source.stateDict())).toThrow(StateDictError);
  expect(await values(target)).toEqual(before);
  const report = target.loadStateDict(source.stateDict(), { strict: false });
  expect(report.mismatched).toEqual(["0.weight: model [3, 2, 1, 1], checkpoint [3, 4, 1, 1]"]);
  expect(report.loaded).toContain("0.bias");
});
