import { openMeta, summarize } from "@vertebra/core";
import { createModel, findModel, listModels } from "@vertebra/models";
import type { Command } from "../commands";
import { formatCount, formatScaled } from "../format";

/** One row of `vertebra models`. */
interface ModelRow {
  readonly name: string;
  readonly params: number;
  readonly macs: number;
  /** [C, H, W] of one image. */
  readonly input: readonly number[];
  readonly numClasses: number;
  readonly source: string;
}

export const models: Command<"models"> = async ({ output }) => {
  const rows = listModels().map(measure);
  output.json(rows);
  if (output.isJson) return 0;
  const cells = rows.map(({ name, params, macs, input, source }) => [
    name,
    formatCount(params),
    formatScaled(macs),
    input.join("×"),
    source,
  ]);
  const titles = ["model", "parameters", "MACs", "input", "source"];
  output.fittedTable(titles, cells, { right: ["parameters", "MACs"], spare: ["source"] });
  return 0;
};

/** Counted, not copied from the published table: on the meta device a model costs milliseconds. */
function measure(name: string): ModelRow {
  const { inputShape, numClasses, source } = findModel(name).facts;
  const { params, macs } = summarize(createModel(name, { device: openMeta() }), [1, ...inputShape]);
  return { name, params, macs, input: inputShape, numClasses, source };
}
