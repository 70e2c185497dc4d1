import type { KernelTable } from "@vertebra/core";
import { type Product, product, productOf, type Side } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Limits, type Plan } from "../launch";
import { typedShader } from "../shader";
import { fillLaunch } from "./fill";
import { batchWords } from "./matmul-batch";
import { FEW_ROWS, fewRowsSteps } from "./matmul-few-rows";
import { tileSteps } from "./matmul-tiles";
import directCode from "./matmulDirect.wgsl";

/** Below it most invocations that share a column's k in the kernels for few rows would have nothing to do. */
const FEW_ROWS_LEAST_K = 64;
/** Elements of a matrix of y up to which a tile, of 32×32 at least, would be more than three quarters empty. */
const DIRECT_ELEMENTS = 256;
/** Terms that an invocation adds up in a row. */
const DIRECT_MOST_K = 512;

/** y [..., M, N] = op(a) [..., M, K] · op(b) [..., K, N], batch axes broadcast. What is chosen when, and why: docs/kernels/matmul.md. */
export const matmul: Plan<KernelTable["matmul"]> = (inputs, outputs, attrs, limits) => {
  const y = outputs[0] as GpuOperand;
  const k = (inputs[0] as GpuOperand).shape.at(attrs.transA ? -2 : -1) as number;
  if (product(y.shape) === 0) return [];
  if (k === 0) return [fillLaunch(y, 0, limits)];
  const problem = productOf(inputs as readonly [GpuOperand, GpuOperand], y, k, attrs);
  const { a, b } = problem;
  const isThin = Math.min(a.length, b.length) <= FEW_ROWS;
  // Here it counts to read the other operand once, with all of the device.
  const fewRows = isThin && k >= FEW_ROWS_LEAST_K ? fewRowsSteps(problem, limits) : undefined;
  if (fewRows) return fewRows;
  const isSmall = isThin || a.length * b.length <= DIRECT_ELEMENTS;
  return isSmall && k <= DIRECT_MOST_K ? [directLaunch(problem, limits)] : tileSteps(problem, limits);
};

const DIRECT = typedShader("matmulDirect", directCode);

function directLaunch({ a, b, y, k, batch }: Product<GpuOperand>, limits: Limits): Launch {
  const elements = product(y.shape);
  // Elements from one row or column to the next, from one k to the next.
  const steps = ({ isAlongK, length }: Side<GpuOperand>): [number, number] => (isAlongK ? [k, 1] : [1, length]);
  const [aRow, aStep] = steps(a);
  const [bColumn, bStep] = steps(b);
  const words = [a.length, k, b.length, elements, aRow, aStep, bStep, bColumn];
  return {
    shader: DIRECT(y.dtype),
    params: [...words, ...batchWords(batch, words.length)],
    bindings: [a.operand, b.operand, y],
    grid: gridFor(elements, limits),
  };
}
