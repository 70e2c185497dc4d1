export interface ModelCase {
  readonly key: string;
  readonly kind: "inference" | "step";
  readonly model: string;
  readonly batch: number;
  readonly precision: string;
  /** [N, C, H, W] */
  readonly shape: readonly number[];
}

export const RESNETS: readonly string[];
export const MORE: readonly string[];
export const LARGE: readonly string[];
export const CUDA_PRECISIONS: readonly string[];
export function modelCases(
  models: readonly string[],
  options: { readonly precisions: readonly string[]; readonly isSmall?: boolean },
): ModelCase[];
