// A browser and a software GPU out of npm's `@sparticuz/chromium`: no root, no system libraries, Linux on x64 only.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@sparticuz/chromium";
const CACHE = fileURLToPath(new URL("../node_modules/.cache", import.meta.url));

/** Unpacks it: 5 s and 200 MB once, kept under node_modules/.cache. @throws where it can't. */
export function unpackChromium() {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(`${PACKAGE} is for linux x64, this is ${process.platform} ${process.arch}`);
  const manifest = join(dirname(fileURLToPath(import.meta.resolve(PACKAGE))), "../../package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const folder = join(CACHE, `chromium-${version}`);
  if (!existsSync(folder)) unpackInto(folder);
  return {
    executablePath: join(folder, "chromium"),
    folder,
    env: {
      LD_LIBRARY_PATH: `${folder}:${join(folder, "al2023/lib")}`,
      FONTCONFIG_PATH: join(folder, "fonts"),
      VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json"),
    },
  };
}

/** The package unpacks into the folder for temporary files, and its libraries only where it believes itself on Amazon Linux. */
function unpackInto(folder) {
  mkdirSync(CACHE, { recursive: true });
  const part = mkdtempSync(join(CACHE, "chromium-"));
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `await (await import("${PACKAGE}")).default.executablePath();`],
    { cwd: import.meta.dirname, env: { TMPDIR: part, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" }, encoding: "utf8" },
  );
  if (status !== 0) {
    rmSync(part, { recursive: true, force: true });
    throw new Error(`${PACKAGE} can't be unpacked: ${stderr}`);
  }
  try {
    renameSync(part, folder);
  } catch (error) {
    // Another process was first.
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
