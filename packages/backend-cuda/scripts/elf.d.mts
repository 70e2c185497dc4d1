export function neededVersions(path: string): string[];
export function neededGlibc(path: string): [number, number] | undefined;
