import { writeSync } from "node:fs";

/** Vitest reporter: the last line of a run is `N passed, N failed[, N skipped]`. */
export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let failed = unhandledErrors.length;
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) counts[test.result().state]++;
      // A file that breaks outside of its tests is a failure too, or the line would say that all is well.
      if (module.state() === "failed" && counts.failed === before) failed++;
    }
    failed += counts.failed + counts.pending;
    const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
    process.once("exit", () => writeSync(1, `\n${counts.passed} passed, ${failed} failed${skipped}\n`));
  }
}
