/** @returns the folder that has them. */
export function buildHostLibraries(): Promise<string>;
