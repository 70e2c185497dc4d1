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
}

export function vulkanSettings(options: VulkanOptions): VulkanSettings;
