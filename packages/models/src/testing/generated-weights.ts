import type { Module, StateValue, Tensor } from "@vertebra/core";

/** Stream of the targets; those of weights are their places in the state dict. */
const TARGET_STREAM = 1_000_001;

/** Weights that `goldens/make_models.py` generates too, bit by bit, so that no weights need to be committed. */
export function generatedWeights(model: Module): Map<string, StateValue> {
  const entries = [...model.stateDict()];
  const norms = new Set(entries.flatMap(([name]) => (name.endsWith(".running_mean") ? [layerOf(name)] : [])));
  return new Map(
    entries.map(([name, { shape }], stream) => {
      const values = weightsOf(name, signed(stream, shape), shape, norms);
      return [name, { dtype: "f32", shape, bytes: bytesOf(values) }];
    }),
  );
}

/** Values of an input of `shape`; the stream is one at which float32 flips no ReLU in the model. */
export const generatedInput = (shape: readonly number[], stream: number): Float32Array =>
  signed(stream, shape).map((u) => u * 1.5);

/** Class indices of a batch. */
export const generatedTargets = (batch: number, classes: number): number[] =>
  words(TARGET_STREAM, batch).map((word) => word % classes);

const layerOf = (name: string): string => name.slice(0, name.lastIndexOf("."));

function weightsOf(name: string, u: Float32Array, shape: Tensor["shape"], norms: ReadonlySet<string>): Float32Array {
  const layer = layerOf(name);
  if (name.endsWith("num_batches_tracked")) return u.fill(0);
  if (name.endsWith("running_var")) return linear(u, 1, 0.5);
  if (name.endsWith("running_mean")) return linear(u, 0, 0.25);
  // The last norm of a block: small steps beside the shortcut, or gradients and rounding errors double in every block.
  const last = /(bn3|block\.2\.1|block\.3\.1)$/.test(layer) || (layer.endsWith("bn2") && !norms.has(`${layer.slice(0, -1)}3`));
  if (name.endsWith("bias")) {
    if (!norms.has(layer)) return linear(u, 0, 0.125);
    // Far from zero: deep nets with batch norm are chaotic where ReLU zeroes half of the values.
    return last ? linear(u, 0.25, 0.5) : linear(u, 2, 0.25);
  }
  if (shape.length === 1) return last && norms.has(layer) ? linear(u, 0.25, 0.125) : linear(u, 1, 0.25);
  return linear(u, 0, Math.sqrt(6 / countOf(shape.slice(1))));
}

/** offset + scale · u, in place. */
function linear(u: Float32Array, offset: number, scale: number): Float32Array {
  for (let i = 0; i < u.length; i++) u[i] = offset + scale * (u[i] as number);
  return u;
}

/** Multiples of 2⁻²³ in [−1, 1). */
function signed(stream: number, shape: readonly number[]): Float32Array {
  const values = new Float32Array(countOf(shape));
  const start = startOf(stream);
  // Loops, as `from` with a function takes a second for a model's 25 million values.
  for (let i = 0; i < values.length; i++) values[i] = (mix(i ^ start) >>> 8) * 2 ** -23 - 1;
  return values;
}

const words = (stream: number, count: number): number[] => Array.from({ length: count }, (_, i) => mix(i ^ startOf(stream)));

const startOf = (stream: number): number => mix(Math.imul(stream, 0x9e3779b9) ^ 0x7f4a7c15);

/** MurmurHash3's 32-bit finalizer. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const countOf = (shape: readonly number[]): number => shape.reduce((count, size) => count * size, 1);

const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);
