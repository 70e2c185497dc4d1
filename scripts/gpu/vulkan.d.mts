export interface VulkanOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lib: string;
  readonly scratch: string;
  readonly isSoftware: boolean;
  readonly hasLibrary?: (name: string) => boolean;
  readonly manifests?: (folder: string) => readonly string[];
}

export interface VulkanSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly loader: string;
  readonly driver: string;
  /** Whether there is anything to run on. */
  readonly isThere: boolean;
}

export function vulkanSettings(options: VulkanOptions): VulkanSettings;
/** Whether the system's loader finds a library. */
export function hasLibrary(name: string): boolean;
