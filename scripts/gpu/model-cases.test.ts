import { listModels } from "@vertebra/models";
import { describe, expect, it } from "vitest";
import { CUDA_PRECISIONS, LARGE, MORE, modelCases, RESNETS } from "./model-cases.mjs";

const MODELS = [...RESNETS, ...MORE, ...LARGE];

describe("modelCases", () => {
  it("measures models that there are, inference at 1, 32 and 256 and steps at 32 and 256, each under a key of its own", () => {
    expect(MODELS.filter((name) => !listModels().some((known) => known === name))).toEqual([]);
    const rows = modelCases(MODELS, { precisions: CUDA_PRECISIONS });
    expect(new Set(rows.map(({ key }) => key)).size).toBe(MODELS.length * CUDA_PRECISIONS.length * 5);
    const batchesOf = (kind: string) => new Set(rows.filter((row) => row.kind === kind).map(({ batch }) => batch));
    expect([batchesOf("inference"), batchesOf("step")]).toEqual([new Set([32, 1, 256]), new Set([32, 256])]);
  });

  it("takes each model's own image size", () => {
    const [row] = modelCases(["inception_v3"], { precisions: ["f32"] });
    expect(row).toMatchObject({ key: "inception_v3 step batch 32 f32", shape: [32, 3, 299, 299] });
  });

  it("is small for a processor, and says so in the key", () => {
    const keys = modelCases(["resnet18"], { precisions: ["f32"], isSmall: true }).map(({ key }) => key);
    expect(keys).toEqual(["resnet18 step batch 2 at 32² f32", "resnet18 inference batch 1 at 32² f32"]);
  });
});
