import type { KeyTable } from "@vertebra/core";
import type { ModelOptions } from "../define-model";

/** How another project names the weights of some models here. */
export interface ModelKeyTable extends KeyTable {
  /** Options that the model must be built with for these weights to mean the same. */
  readonly options?: ModelOptions & Readonly<Record<string, string | boolean>>;
}
