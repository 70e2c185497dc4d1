/** A browser out of npm that needs neither root nor system libraries. */
export interface PackagedChromium {
  readonly executablePath: string;
  /** What was unpacked: the browser, its libraries, SwiftShader. */
  readonly folder: string;
  /** Where it finds its libraries, fonts and SwiftShader. */
  readonly env: { readonly LD_LIBRARY_PATH: string; readonly FONTCONFIG_PATH: string; readonly VK_DRIVER_FILES: string };
}

/** Unpacks it on first use. @throws where it can't be: on other systems than Linux on x64. */
export function unpackChromium(): PackagedChromium;
