export { main } from "./cli";
export { type ComparedModel, compareModels, comparisonSvg } from "./comparison";
export { type DeviceOptions, device } from "./devices";
export { commandReference } from "./help";
export {
  type Checkpoint,
  openCheckpoint,
  type Position,
  saveCheckpoint,
  type TrainingRecord,
  type TrainingState,
} from "./training/checkpoint";
export { type Evaluation, evaluate } from "./training/evaluate";
export { NonFiniteLossError } from "./training/non-finite";
export { type StepReport, type TrainingRun, train } from "./training/train";
export { writeAtomically } from "./write-atomically";
