export function neededVersions(path: string): string[];
export function mergeableSymbols(path: string): { readonly name: string; readonly bytes: number }[];
export function neededGlibc(path: string): [number, number] | undefined;
