import type { Product, Side } from "@vertebra/core/plan";
import type { GpuOperand, Limits, Step } from "../launch";
import { gridFor } from "../launch";
import { type TypedShader, typedShader, withConstants } from "../shader";
import { batchWords } from "./matmul-batch";
import dotCode from "./matmulFewRows.wgsl";
import acrossCode from "./matmulFewRowsAcross.wgsl";

/** Rows up to which an invocation can hold its sums of all of them, four columns each, in registers. */
export const FEW_ROWS = 8;
/** Terms that one invocation may add up in a row. */
const LONGEST_SUM = 512;

/** How the kernels' invocations share the work, from the constants in their sources. */
const DOT = { columns: 4, slices: 64 };
const ACROSS = { columns: 32, slices: 32 };
/** Eight rows' shares of k fill 16 KiB of workgroup memory with half of the slices. */
const ACROSS_MANY = { columns: 32, slices: 16, fromRows: 5 };

const shaders = new Map<string, TypedShader>();

/** The launch of a product with few rows or few columns; undefined where k is so long that sums would be too. */
export function fewRowsSteps(problem: Product<GpuOperand>, limits: Limits): readonly Step[] | undefined {
  const { a, b, y, k, entries, batch } = problem;
  // Few columns are the few rows of yᵀ = bᵀ · aᵀ, which is y written the other way round.
  const isSwapped = a.length > b.length;
  const [few, many] = isSwapped ? [b, a] : [a, b];
  const variant = many.isAlongK ? DOT : few.length >= ACROSS_MANY.fromRows ? ACROSS_MANY : ACROSS;
  if (k > LONGEST_SUM * variant.slices) return undefined;
  const columnGroups = Math.ceil(many.length / variant.columns);
  const groups = entries * columnGroups;
  const [aRow, aStep] = few.isAlongK ? [k, 1] : [1, few.length];
  const [yRow, yColumn] = isSwapped ? [1, few.length] : [many.length, 1];
  const words = [few.length, k, many.length, groups, aRow, aStep, yRow, yColumn, columnGroups];
  const axes = isSwapped ? batch.map(([size, ofA, ofB]) => [size, ofB as number, ofA as number] as const) : batch;
  return [
    {
      shader: shaderFor(few.length, many.isAlongK, variant.slices)(y.dtype),
      constants: constantsFor(few, many),
      params: [...words, ...batchWords(axes, words.length)],
      bindings: [few.operand, many.operand, y],
      grid: gridFor(groups, limits, 1),
    },
  ];
}

/** The kernel for as many rows, rounded up to a power of two. */
function shaderFor(fewRows: number, isDot: boolean, slices: number): TypedShader {
  const rows = 2 ** Math.ceil(Math.log2(fewRows));
  const name = `matmulFewRows${isDot ? "" : "Across"}-${rows}`;
  const known = shaders.get(name);
  if (known) return known;
  const code = isDot ? withConstants(dotCode, { ROWS: rows }) : withConstants(acrossCode, { ROWS: rows, SLICES: slices });
  const made = typedShader(name, code);
  shaders.set(name, made);
  return made;
}

const constantsFor = (few: Side<GpuOperand>, many: Side<GpuOperand>): Record<string, number> =>
  many.isAlongK
    ? { A_IN_FOURS: Number(few.isAlongK && few.isInFours), B_IN_FOURS: Number(many.isInFours) }
    : { B_IN_FOURS: Number(many.isInFours) };
