// A script that never closes its device, and ends by itself all the same.
import { cpu } from "@vertebra/backend-cpu";
import { conv2d, grad, relu, requireGrad, setDevice, sum, tensor } from "@vertebra/core";
import { report } from "./report.js";

const options = JSON.parse(process.argv[2] ?? "{}");
const device = await cpu(options).open();
setDevice(device);
const x = requireGrad(
  tensor([
    [
      [
        [1, -2],
        [3, 4],
      ],
    ],
  ]),
);
const y = relu(conv2d(x, tensor([[[[2]]]])));
const [dx] = grad(sum(y), [x]);
const small = { y: [...(await y.data())], dx: [...((await dx?.data()) ?? [])] };
console.log(JSON.stringify({ ...small, version: process.versions.node, report: await report(options) }));
