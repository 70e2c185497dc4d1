import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRuntime, type Runtime } from "../wasm/runtime";

const COUNT = 1 << 20;
const FUNCTIONS: readonly (readonly [name: string, f: (x: number) => number])[] = [
  ["vexp", Math.exp],
  ["vlog", Math.log],
  ["vtanh", Math.tanh],
  ["verf", erf],
  ["vsigmoid", (x) => 1 / (1 + Math.exp(-x))],
];
const POWER = 5;
const SMALLEST_NORMAL = 2 ** -126;

let runtime: Runtime;
let at: { x: number; z: number; y: number };

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
  at = { x: runtime.allocate(COUNT * 4), z: runtime.allocate(COUNT * 4), y: runtime.allocate(COUNT * 4) };
});
afterAll(() => runtime.close());

describe("math.h", () => {
  it.each(FUNCTIONS.map(([name, f], i) => [name, f, i] as const))(
    "%s is within 2 ULP over all exponents, signs, infinities and NaN",
    (_, f, number) => {
      const x = everyExponent();
      runtime.launch("mathProbe", [at.x, at.z, at.y, COUNT, number]);
      const y = runtime.f32(at.y, COUNT);
      let worst = 0;
      for (let i = 0; i < COUNT; i++) worst = Math.max(worst, ulps(y[i]!, f(x[i]!)));
      expect(worst).toBeLessThanOrEqual(2);
    },
  );

  it("powf32 is within 1 ULP", () => {
    const x = everyExponent();
    const z = runtime.f32(at.z, COUNT);
    for (let i = 0; i < COUNT; i++) z[i] = i % 3 === 0 ? (i % 41) - 20 : ((i * 0.618034) % 8) - 4;
    runtime.launch("mathProbe", [at.x, at.z, at.y, COUNT, POWER]);
    const y = runtime.f32(at.y, COUNT);
    let worst = 0;
    for (let i = 0; i < COUNT; i++) worst = Math.max(worst, ulps(y[i]!, power(x[i]!, z[i]!)));
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("powf32 has C's special values", () => {
    const special = [0, -0, 1, -1, 2, -2, 0.5, Infinity, -Infinity, NaN, 3, -3, 2.5, 16777217, 8388609];
    const pairs = special.flatMap((x) => special.map((z) => [x, z] as const));
    const [x, z] = [runtime.f32(at.x, 256), runtime.f32(at.z, 256)];
    for (const [i, pair] of pairs.entries()) [x[i], z[i]] = pair;
    runtime.launch("mathProbe", [at.x, at.z, at.y, 256, POWER]);
    const y = runtime.f32(at.y, 256);
    for (const [i, pair] of pairs.entries()) expect([...pair, y[i]]).toEqual([...pair, Math.fround(power(x[i]!, z[i]!))]);
  });
});

/** Fills x: each of the 2³² floats' upper 20 bits once, the lower 12 in turn. */
function everyExponent(): Float32Array {
  const bits = new Uint32Array(runtime.memory.buffer, at.x, COUNT);
  for (let i = 0; i < COUNT; i++) bits[i] = ((i << 12) | ((i * 2654435761) >>> 20)) >>> 0;
  return runtime.f32(at.x, COUNT);
}

/** |got − wanted| in units of the last place of `wanted` as f32; results below the normal range may be 0. */
function ulps(got: number, wanted: number): number {
  const rounded = Math.fround(wanted);
  if (Object.is(got, rounded)) return 0;
  if (Math.abs(wanted) < SMALLEST_NORMAL) return Math.abs(got) <= SMALLEST_NORMAL * 1.01 ? 0 : Infinity;
  if (!Number.isFinite(rounded) && Math.abs(got) > 3.4028e38 && Number.isFinite(wanted)) return 1;
  const error = Math.abs(got - wanted) / 2 ** (Math.floor(Math.log2(Math.abs(wanted))) - 23);
  return Number.isNaN(error) ? Infinity : error;
}

/** pow as in C: JavaScript's differs in 1ʸ and (−1)^±∞. */
const power = (x: number, y: number): number => (x === 1 || y === 0 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

/** erf in f64: its Taylor series below 3, the continued fraction of erfc above (Abramowitz & Stegun 7.1.5, 7.1.14). */
function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 3)) {
    if (Number.isNaN(x) || a > 6) return Number.isNaN(x) ? x : Math.sign(x);
    let fraction = 0;
    for (let k = 120; k > 0; k--) fraction = k / 2 / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (a + fraction));
  }
  let [sum, term] = [x, x];
  for (let n = 1; n < 200 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
