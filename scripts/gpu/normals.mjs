import { Philox, tensor } from "@vertebra/core";

/** Normal numbers that are made once: a prime, so that they come to lie elsewhere in every row. */
const PERIOD = 65_537;
let normals;

/** Normal numbers, the same few over and over: what an image is doesn't matter to its time, and making 10⁸ of them takes seconds. */
export function normalTensor(device, shape, start = 0) {
  normals ??= new Philox(1).normalArray(PERIOD);
  const elements = shape.reduce((a, b) => a * b);
  const values = new Float32Array(elements);
  const turned = Float32Array.from(normals, (_, i) => normals[(i + 1000 * start) % PERIOD]);
  for (let at = 0; at < elements; at += PERIOD) values.set(turned.subarray(0, Math.min(PERIOD, elements - at)), at);
  return tensor(values, { shape, device });
}
