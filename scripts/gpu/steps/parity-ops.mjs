import { OPS } from "@vertebra/core";
import { runOps } from "@vertebra/parity";
import { device } from "vertebra";

/** Failures that are written down of one op. */
const MOST_FAILURES = 20;

/** Ops that NVIDIA's libraries may take. */
const OF_LIBRARIES = ["matmul", "conv2d", "conv2dFused", "conv2dInputGrad", "conv2dWeightGrad"];

/** Where a processor plays the GPU: there the tests run all of them, and take minutes for it. */
const SAMPLE = ["matmul", "conv2d", "conv2dWeightGrad", "batchNormTrain", "sum", "relu", "softmax"];

/** As `vertebra parity --devices …` does it, and the fused kernels; op by op, so that an end in between loses little. */
export async function run(recorder, { backend, isSoftware }) {
  const some = isSoftware ? { ops: SAMPLE } : {};
  await (backend === "cuda"
    ? runOnCuda(recorder, some)
    : runOn(recorder, await Promise.all(["cpu", "webgpu"].map((name) => device(name))), some));
}

/** Our own kernels, then the libraries wherever they take a call. CUDA's machines are lent by the minute: the cpu was checked elsewhere. */
async function runOnCuda(recorder, some) {
  const { cuda } = await import("@vertebra/backend-cuda");
  await runOn(recorder, [await cuda({ vendor: false }).open()], some);
  const always = await cuda({ vendor: "always" }).open();
  const isThere = always.libraries.some((line) => /^(cuBLASLt|cuDNN) \d/.test(line));
  if (isThere) await runOn(recorder, [always], { ops: OF_LIBRARIES, suffix: ", libraries" });
  else await recorder.record("libraries", async () => ({ skipped: always.libraries.join("; ") }));
}

async function runOn(recorder, devices, { ops = allOps(devices), suffix = "" } = {}) {
  for (const op of ops) {
    await recorder.record(`${op}${suffix}`, async () => summary(await runOps(devices, { ops: [op] })));
    // A lost device stays lost: without this every op behind would fail too. The next process goes on.
    for (const each of devices) await each.sync().catch(ignoreFailure);
  }
  for (const each of devices) await each.close();
}

const allOps = (devices) => new Set([...Object.keys(OPS), ...devices.flatMap((each) => Object.keys(each.fused))]);

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
