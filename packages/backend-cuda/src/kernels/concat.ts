import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE, type Plan } from "../launch";
import { divisorWords } from "./divisor";
import { bytesOf, elementsTogether, gridOfUnits } from "./units";

const kernel = kernelsOf("concat");

/** Parts that one launch takes. As in concat.cu. */
const PARTS = 16;

/** A tensor as a matrix with as many rows as all others; `columns` counts units of a row. */
interface Matrix {
  readonly operand: CudaOperand;
  readonly columns: number;
}

/** y = parts side by side along `axis`. */
export const concat: Plan<KernelTable["concat"]> = (inputs, outputs, { axis }) => {
  const y = outputs[0] as CudaOperand;
  if (product(y.shape) === 0) return [];
  const elementsOf = ({ shape }: CudaOperand) => product(shape.slice(axis));
  const parts = inputs.filter((part) => elementsOf(part) > 0);
  const rows = product(y.shape.slice(0, axis));
  // The last part of a single row may end with a piece of a unit.
  const together = elementsTogether(bytesOf(y), (elements) =>
    parts.every((part, i) => elementsOf(part) % elements === 0 || (rows === 1 && i === parts.length - 1)),
  );
  const toMatrix = (operand: CudaOperand): Matrix => ({ operand, columns: Math.ceil(elementsOf(operand) / together) });
  const joining: Joining = { y: toMatrix(y), rows, unitBytes: together * bytesOf(y) };
  const steps: Launch[] = [];
  let begin = 0;
  for (let i = 0; i < parts.length; i += PARTS) {
    const group = parts.slice(i, i + PARTS).map(toMatrix);
    steps.push(joinLaunch(group, begin, joining));
    begin += columnsOf(group);
  }
  return steps;
};

interface Joining {
  readonly y: Matrix;
  readonly rows: number;
  readonly unitBytes: number;
}

const columnsOf = (parts: readonly Matrix[]): number => parts.reduce((total, { columns }) => total + columns, 0);

/** Joins at most PARTS parts to the columns of y from `begin` on. */
function joinLaunch(parts: readonly Matrix[], begin: number, { y, rows, unitBytes }: Joining): Launch {
  const ends: number[] = [];
  let end = 0;
  for (let i = 0; i < PARTS; i++) ends.push((end += parts[i]?.columns ?? 0));
  return {
    kernel: kernel(`concat_${unitBytes}`),
    bindings: [...ends.map((_, i) => parts[i]?.operand ?? null), y.operand],
    words: [rows * end, ...divisorWords(end), y.columns, begin, ...ends],
    grid: gridOfUnits(rows * end),
    block: LINE,
  };
}
