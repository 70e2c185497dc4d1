import { OPS } from "@vertebra/core";
import { runOps } from "@vertebra/parity";
import { device } from "vertebra";

/** Failures that are written down of one op. */
const MOST_FAILURES = 20;

/** The cpu is checked beside WebGPU, as browsers have both. CUDA's machines are lent by the minute. */
const DEVICES = { webgpu: ["cpu", "webgpu"], cuda: ["cuda"] };

/** As `vertebra parity --devices …` does it, and the fused kernels; op by op, so that an end in between loses little. */
export async function run(recorder, { backend }) {
  const devices = await Promise.all(DEVICES[backend].map((name) => device(name)));
  const fused = devices.flatMap((each) => Object.keys(each.fused));
  for (const op of new Set([...Object.keys(OPS), ...fused])) {
    await recorder.record(op, async () => summary(await runOps(devices, { ops: [op] })));
    // A lost device stays lost: without this every op behind would fail too. The next process goes on.
    for (const each of devices) await each.sync().catch(ignoreFailure);
  }
  for (const each of devices) await each.close();
}

function summary({ passed, failed, skipped, worst, failures }) {
  return {
    ok: failed === 0,
    passed,
    failed,
    ...(skipped > 0 && { skippedCases: skipped }),
    worst: Object.fromEntries(worst.map(({ device: name, case: title, fraction }) => [name, { case: title, fraction }])),
    ...(failed > 0 && { failures: failures.slice(0, MOST_FAILURES).map(({ message }) => message) }),
    brief: failed > 0 ? failures[0].message : `${passed} passed`,
  };
}

/** A kernel's failure is told once, and known already; a device that is lost says so for good. */
function ignoreFailure(error) {
  if (/was lost|kernels must run through/.test(error.message)) throw error;
}
