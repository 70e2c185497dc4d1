import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { wgslText } from "./vite.wgsl";

/** Workspace packages resolve to their sources, so that no test runs on a stale dist. */
const SOURCE = "@vertebra/source";

export default defineConfig({
  plugins: [wgslText()],
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions], externalConditions: [SOURCE, "node", "module-sync"] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "sources",
          globalSetup: "tests/temporary-root.ts",
          include: [
            "packages/*/src/**/*.test.ts",
            "tests/*.test.ts",
            "tests/browser/*.test.ts",
            "examples/*.test.ts",
            "scripts/**/*.test.ts",
          ],
        },
      },
      // Runs on what a build packs, made and installed first by its set-up.
      {
        extends: true,
        test: {
          name: "installed",
          include: ["tests/installed/*.test.ts"],
          globalSetup: ["tests/temporary-root.ts", "tests/installed/install.ts"],
        },
      },
    ],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./scripts/count-reporter.mjs"],
  },
});
