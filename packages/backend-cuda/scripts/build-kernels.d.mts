export function buildKernels(): Promise<string[]>;
export function spillsIn(report: string): string[];
