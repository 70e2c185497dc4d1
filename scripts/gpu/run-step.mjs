// The process of one step; `check.mjs` starts it and ends it where it takes too long.
import { Recorder } from "./recorder.mjs";

const { name, module, path, bundle, deadline, only, ...context } = JSON.parse(process.env.VERTEBRA_GPU_STEP);
const recorder = new Recorder({ step: name, path, bundle, deadline, only, say: (line) => console.log(line) });
try {
  const { run } = await import(`./steps/${module}.mjs`);
  await run(recorder, { name, ...context });
  // Devices may be open still, and a driver may take its time: what is to be known is written.
  process.exit(recorder.finish() === "out of time" ? 3 : 0);
} catch (error) {
  recorder.crash(error);
  process.exit(1);
}
