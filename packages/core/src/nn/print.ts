import type { Module } from "./module";

/** PyTorch's `print(model)`: one line per layer, children indented by two, single lines for leaves. */
export function printModule(module: Module<unknown>): string {
  const children = module.namedChildren().map(([name, child]) => `(${name}): ${indent(printModule(child))}`);
  const extra = module.extraRepr();
  if (children.length === 0) return `${module.typeName}(${extra.includes("\n") ? `\n  ${indent(extra)}\n` : extra})`;
  const lines = [...(extra === "" ? [] : extra.split("\n")), ...children];
  return `${module.typeName}(\n  ${lines.join("\n  ")}\n)`;
}

const indent = (text: string): string => text.replaceAll("\n", "\n  ");
