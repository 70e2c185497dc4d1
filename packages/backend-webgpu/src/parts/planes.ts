import { type KernelTable, type Windows, weightedWindows } from "@vertebra/core";
import type { GpuOperand } from "../launch";
import { type Calls, type OpCall, type Run, ranges } from "./calls";
import { heightOf, planeOf, readRows, rowsOf, runsOfRows } from "./plane-rows";

/** Of one plane: runs of the rows of y, each with the rows of x that its windows cover. */
export function maxPool2d(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const x = inputs[0] as GpuOperand;
  const [y, indices] = outputs as [GpuOperand, GpuOperand];
  const { rows, columns } = attrs as KernelTable["maxPool2d"];
  const mostOfX = calls.rowsPerRun([rowsOf(x)]);
  const isTooMany = (count: number) => ranges(heightOf(y), count).some((run) => rowsCovered(rows, run)[1] > mostOfX);
  let most = heightOf(y);
  while (most > 1 && isTooMany(most)) most = Math.ceil(most / 2);
  calls.write(rowsOf(y), runsOfRows(calls, [y, indices], most), (part, run) => {
    const covered = rowsCovered(rows, run);
    const places = calls.target(rowsOf(indices), run);
    const local = calls.temporary(places.shape, "i32");
    calls.list.push({
      op,
      inputs: [readRows(calls, x, covered)],
      outputs: [planeOf(part), planeOf(local)],
      attrs: { rows: windowsOf(rows, run), columns },
    });
    calls.into(places, "add", [local, calls.number(covered[0] * columns.inputSize, "i32")]);
    calls.store(places, rowsOf(indices), run);
  });
}

/** The rows from the first that some windows read to the last; one, where they are all empty. */
function rowsCovered({ inputSize, starts, counts, step }: Windows, [first, count]: Run): Run {
  let [from, to] = [inputSize - 1, 1];
  for (let o = first; o < first + count; o++) {
    const [start, taps] = [starts[o] as number, counts[o] as number];
    if (taps === 0) continue;
    from = Math.min(from, start);
    to = Math.max(to, start + (taps - 1) * step + 1);
  }
  return [from, Math.max(1, to - from)];
}

/** By run: tables made of windows stay on the device for as long as these are kept. */
const cut = new WeakMap<Windows, Map<string, Windows>>();

/** Some of the windows, of the rows that they cover. */
function windowsOf(windows: Windows, run: Run): Windows {
  const known = cut.get(windows) ?? new Map<string, Windows>();
  cut.set(windows, known);
  const found = known.get(run.join());
  if (found) return found;
  const [first, count] = run;
  const [from, inputSize] = rowsCovered(windows, run);
  const own = (values: Int32Array) => values.slice(first, first + count);
  const made = {
    inputSize,
    step: windows.step,
    starts: own(windows.starts).map((start) => start - from),
    counts: own(windows.counts),
  };
  known.set(run.join(), made);
  return made;
}

const ONE_ROW = weightedWindows(1, [{ start: 0, weights: [1] }]);

/**
 * Of one plane: the map of columns with rows as images, then the map of rows with what are columns by then.
 * [H, W] → [H, Wo] → [Wo, H] → [Wo, Ho] → [Ho, Wo]
 */
export function resample2d(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [x, y] = [inputs[0], outputs[0]].map((plane) => rowsOf(plane as GpuOperand)) as [GpuOperand, GpuOperand];
  const { rows, columns } = attrs as KernelTable["resample2d"];
  const [[h], [ho, wo]] = [x.shape, y.shape] as [[number], [number, number]];
  // Nothing is left to cut where the plane is a row.
  if (h === 1) calls.refuse();
  const asImages = (lines: GpuOperand): GpuOperand => ({
    ...lines,
    shape: [lines.shape[0] as number, 1, 1, lines.shape[1] as number],
  });
  const alongLines = (from: GpuOperand, length: number, windows: KernelTable["resample2d"]["columns"]) => {
    const to = calls.temporary([from.shape[0] as number, length], from.dtype);
    calls.into(asImages(to), "resample2d", [asImages(from)], { rows: ONE_ROW, columns: windows });
    return to;
  };
  const axes = [1, 0];
  const narrow = alongLines(x, wo, columns);
  const turned = calls.make([wo, h], "permute", [narrow], { axes }, x.dtype);
  calls.into(y, "permute", [alongLines(turned, ho, rows)], { axes });
}
