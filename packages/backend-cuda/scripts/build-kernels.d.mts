export function buildKernels(options?: { isRelease?: boolean }): Promise<string[]>;
export function spillsIn(report: string): string[];
/** Where the compiled kernels are. */
export const fatbins: string;
/** What nvcc says of itself. @throws BuildError where there is none, or one of another CUDA. */
export function nvccVersion(): string;
