import { LARGE, MORE, modelCases, RESNETS } from "../model-cases.mjs";
import { torchPeer } from "../torch-peer.mjs";

/** What PyTorch's compiler makes of the models: minutes of compiling for each few rows, so behind everything else. */
export async function run(recorder, { isSoftware }) {
  const rows = [RESNETS, [...MORE, ...LARGE]].flatMap((models) =>
    modelCases(models, { precisions: ["bf16", "tf32"], isSmall: isSoftware }),
  );
  await torchPeer(recorder, rows, { isSoftware, isCompiled: true });
}
