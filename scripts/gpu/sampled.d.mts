export interface SampledCase {
  readonly kind: "matmul" | "conv2d";
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly attrs?: { readonly stride: number; readonly padding: number; readonly groups: number };
}

export function sampledError(
  row: SampledCase,
  x: Float32Array,
  weight: Float32Array,
  y: ArrayLike<number>,
  samples?: number,
): number;
