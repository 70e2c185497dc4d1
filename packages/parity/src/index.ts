export { CASES } from "./cases/index";
export { openReference, reference } from "./reference/index";
export { MEANINGS } from "./reference/kernels/index";
export { type CaseOutcome, type Failure, type FailureKind, type Report, type RunOptions, runOps, type Skip } from "./run";
