export type Parts = ReadonlyMap<string, readonly ArrayLike<number>[]>;

export interface PartDistance {
  readonly part: string;
  /** Of what is allowed. */
  readonly fraction: number;
}

export const MOST_TIMES: number;
export function areFinite(parts: Parts): boolean;
export function distancesOf(
  runs: { readonly exact: Parts; readonly expected: Parts; readonly actual: Parts },
  eps: number,
): PartDistance[];
