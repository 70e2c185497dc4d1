import type { Windows } from "@vertebra/core";
import type { Values } from "../values";

/** Calls `visit` for every output with its plane's first element in x and the places h · W + w that its window reads, in order. */
export function forEachWindow(
  x: Values,
  { rows, columns }: { readonly rows: Windows; readonly columns: Windows },
  visit: (output: number, plane: number, places: readonly number[]) => void,
): void {
  const [n, c, height, width] = x.planes;
  let output = 0;
  for (let plane = 0; plane < n * c; plane++) {
    for (let i = 0; i < rows.starts.length; i++) {
      const ofRow = windowPlaces(rows, i);
      for (let j = 0; j < columns.starts.length; j++) {
        const ofColumn = windowPlaces(columns, j);
        const places = ofRow.flatMap((h) => ofColumn.map((w) => h * width + w));
        visit(output++, plane * height * width, places);
      }
    }
  }
}

const windowPlaces = ({ starts, counts, step }: Windows, o: number): number[] =>
  Array.from({ length: counts[o] as number }, (_, t) => (starts[o] as number) + t * step);
