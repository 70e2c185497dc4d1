/** @returns the path of the library. */
export function buildHostDriver(options?: { asan?: boolean }): Promise<string>;
