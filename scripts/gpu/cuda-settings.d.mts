export interface CudaOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lib: string;
  readonly isSoftware: boolean;
  readonly hasLibrary?: (name: string) => boolean;
  /** Folders of cuBLASLt and cuDNN, joined by colons; empty where there are none. Default: those of python3's PyTorch. */
  readonly findLibraries?: () => string;
}
export interface CudaSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly driver: string;
  /** Whether there is anything to run on. */
  readonly isThere: boolean;
}
export function cudaSettings(options: CudaOptions): CudaSettings;
