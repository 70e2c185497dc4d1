import type { KernelTable } from "@vertebra/core";
import { type Product, product, productOf, type Side } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE, type Plan } from "../launch";
import { fillSteps } from "./fill";
import { batchWords } from "./matmul-batch";
import { FEW_ROWS, fewRowsLaunch } from "./matmul-few-rows";
import { tensorSteps } from "./matmul-tensor";
import { tileSteps } from "./matmul-tiles";

/** Below it most threads that share a column's k in the kernels for few rows would have nothing to do. */
const FEW_ROWS_LEAST_K = 64;
/** Elements of a matrix of y up to which a tile, of 32×32 at least, would be more than three quarters empty. */
const DIRECT_ELEMENTS = 256;
/** Terms that a thread adds up in a row. */
const DIRECT_MOST_K = 512;

/** y [..., M, N] = op(a) [..., M, K] · op(b) [..., K, N], batch axes broadcast. */
export const matmul: Plan<KernelTable["matmul"]> = (inputs, outputs, attrs, limits) => {
  const y = outputs[0] as CudaOperand;
  const k = (inputs[0] as CudaOperand).shape.at(attrs.transA ? -2 : -1) as number;
  if (product(y.shape) === 0) return [];
  if (k === 0) return fillSteps(y, 0);
  const problem = productOf(inputs as readonly [CudaOperand, CudaOperand], y, k, attrs);
  const { a, b } = problem;
  const isThin = Math.min(a.length, b.length) <= FEW_ROWS;
  // Here it counts to read the other operand once, with all of the device.
  if (isThin && k >= FEW_ROWS_LEAST_K) return [fewRowsLaunch(problem, limits)];
  const isSmall = isThin || a.length * b.length <= DIRECT_ELEMENTS;
  if (isSmall && k <= DIRECT_MOST_K) return [directLaunch(problem)];
  return tensorSteps(problem, limits) ?? tileSteps(problem, limits);
};

const direct = kernelsOf("matmulDirect");

function directLaunch({ a, b, y, k, batch }: Product<CudaOperand>): Launch {
  const elements = product(y.shape);
  // Elements from one row or column to the next, from one k to the next.
  const steps = ({ isAlongK, length }: Side<CudaOperand>): [number, number] => (isAlongK ? [k, 1] : [1, length]);
  const [aRow, aStep] = steps(a);
  const [bColumn, bStep] = steps(b);
  return {
    kernel: direct("matmulDirect", y.dtype),
    bindings: [a.operand, b.operand, y],
    words: [elements, a.length, k, b.length, aRow, aStep, bStep, bColumn, ...batchWords(batch)],
    grid: Math.ceil(elements / LINE),
    block: LINE,
  };
}
