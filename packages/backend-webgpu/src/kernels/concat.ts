import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type Binding, type GpuOperand, gridFor, type Launch, LINE, type Limits, type Plan } from "../launch";
import code from "./concat.wgsl";
import { bytesOf, elementsTogether, mover, moverFor, perWord, WRITES } from "./units";

const CONCAT = mover("concat", code);

/** Parts that one launch takes: with y they fill the storage buffers that every device has. */
const PARTS = 7;

/** Tensors as matrices of the same number of rows; `columns` counts elements of one. */
interface Matrix {
  readonly memory: Binding;
  readonly columns: number;
}

/** y = parts side by side along `axis`. */
export const concat: Plan<KernelTable["concat"]> = (inputs, outputs, { axis }, limits) => {
  const y = outputs[0] as GpuOperand;
  if (product(y.shape) === 0) return [];
  const toMatrix = (operand: GpuOperand): Matrix => ({ memory: operand, columns: product(operand.shape.slice(axis)) });
  const parts = inputs.map(toMatrix).filter(({ columns }) => columns > 0);
  const rows = product(y.shape.slice(0, axis));
  const isWhole = (elements: number) =>
    parts.every(({ columns }, i) => columns % elements === 0 || (rows === 1 && i === parts.length - 1));
  const together = elementsTogether(bytesOf(y), isWhole);
  const joining: Joining = { rows, together, unitBytes: together * bytesOf(y), limits };
  return joining.unitBytes < 4 ? joinByWords(parts, toMatrix(y), joining) : joinByGroups(parts, toMatrix(y), joining);
};

interface Joining {
  readonly rows: number;
  /** Elements in a unit that is moved. */
  readonly together: number;
  readonly unitBytes: number;
  readonly limits: Limits;
}

/** Each launch fills some columns of y. */
function joinByGroups(parts: readonly Matrix[], y: Matrix, joining: Joining): Launch[] {
  let begin = 0;
  return groupsOf(parts).map((group) => {
    const launch = joinLaunch(group, y, begin, joining);
    begin += columnsOf(group);
    return launch;
  });
}

/**
 * Where parts share words of y, the launch that writes a word needs all parts of it: groups are joined on their own first, and then
 * with each other.
 */
function joinByWords(parts: readonly Matrix[], y: Matrix, joining: Joining): Launch[] {
  const launches: Launch[] = [];
  let level = parts;
  while (level.length > PARTS) {
    level = groupsOf(level).map((group) => {
      const columns = columnsOf(group);
      const joined: Matrix = { memory: { scratchBytes: joining.rows * columns * joining.unitBytes }, columns };
      launches.push(joinLaunch(group, joined, 0, joining));
      return joined;
    });
  }
  launches.push(joinLaunch(level, y, 0, joining));
  return launches;
}

const columnsOf = (parts: readonly Matrix[]): number => parts.reduce((total, { columns }) => total + columns, 0);

const groupsOf = (parts: readonly Matrix[]): Matrix[][] =>
  Array.from({ length: Math.ceil(parts.length / PARTS) }, (_, i) => parts.slice(i * PARTS, (i + 1) * PARTS));

/** Joins at most PARTS parts to the columns of y from `begin` on. */
function joinLaunch(parts: readonly Matrix[], y: Matrix, begin: number, { rows, together, unitBytes, limits }: Joining): Launch {
  const unitsOf = (columns: number) => Math.ceil(columns / together);
  const ends: number[] = [];
  let end = 0;
  for (let i = 0; i < PARTS; i++) ends.push((end += unitsOf(parts[i]?.columns ?? 0)));
  const units = rows * end;
  const first = (parts[0] as Matrix).memory;
  return {
    ...moverFor(CONCAT, unitBytes),
    params: [units, end, unitsOf(y.columns), begin / together, ...ends, end],
    bindings: [...ends.map((_, i) => parts[i]?.memory ?? first), y.memory],
    grid: gridFor(Math.ceil(units / perWord(unitBytes)), limits, LINE * WRITES),
  };
}
