import { it } from "vitest";
import { openReference } from "./reference/index";
import { runOps } from "./run";

it("ref", async () => {
  const t: Record<string, number> = {};
  let last = performance.now();
  const f32 = { ...openReference(), floatDtype: "f32" as const, name: "f32" };
  const report = await runOps([openReference(), f32], {
    onCase: (o) => {
      const n = performance.now();
      t[o.op] = (t[o.op] ?? 0) + n - last;
      last = n;
    },
  });
  console.log(
    report.passed,
    report.failed,
    report.skipped,
    report.failures.slice(0, 40).map((f) => f.message),
  );
  console.log(
    Object.entries(t)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 15),
  );
  for (const w of report.worst) if (w.fraction > 0) console.log(w.device, w.op, w.case, w.fraction.toFixed(4));
}, 600000);
