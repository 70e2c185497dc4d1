import type { Kernel, Operand } from "@vertebra/core";
import type { Size3 } from "./batch";
import type { KernelLibrary } from "./kernel-library";
import { isSameStep, joinSteps, STEP_TENSORS } from "./kernels/optimizer-step";
import type { Binding, Copy, CudaOperand, Launch, Limits, ParameterStep, Plan, Scratch, Step } from "./launch";
import type { BlockPool, CudaBuffer } from "./pool";
import type { LaunchQueue } from "./queue";
import type { Tables } from "./tables";

type Plans = { readonly [name: string]: Plan<never> };
type KernelsOf<P> = { readonly [K in keyof P]: P[K] extends Plan<infer Attrs> ? Kernel<Attrs> : never };

/** What launches go through. */
export interface Runtime {
  readonly limits: Limits;
  readonly pool: BlockPool;
  readonly queue: LaunchQueue;
  readonly library: KernelLibrary;
  readonly tables: Tables;
  readonly copy: (step: Copy) => void;
  /** @throws DeviceError once the device is closed or broken. */
  readonly requireUsable: (op: string) => void;
}

/** Turns a table of plans into one of kernels: plan, allocate scratch, queue the launches. */
export function createDispatch(runtime: Runtime): <P extends Plans>(plans: P) => KernelsOf<P> {
  const joiner = new StepJoiner(runtime);
  const toKernel =
    (op: string, plan: Plan<never>): Kernel<never> =>
    (inputs, outputs, attrs) => {
      runtime.requireUsable(op);
      run(runtime, plan(inputs.map(toCuda), outputs.map(toCuda), attrs, runtime.limits), joiner);
    };
  return <P extends Plans>(plans: P) =>
    Object.fromEntries(Object.entries(plans).map(([op, plan]) => [op, toKernel(op, plan)])) as unknown as KernelsOf<P>;
}

const toCuda = ({ buffer, shape, dtype }: Operand): CudaOperand => ({ memory: buffer as CudaBuffer, shape, dtype });

/** Makes one launch of the optimizer's steps that follow each other. */
class StepJoiner {
  #steps: ParameterStep[] = [];

  constructor(readonly runtime: Runtime) {}

  add(step: ParameterStep): void {
    const { queue } = this.runtime;
    const [first] = this.#steps;
    if (first && (this.#steps.length === STEP_TENSORS || !isSameStep(first, step))) queue.settle();
    this.#steps.push(step);
    queue.pending = this.#launch;
  }

  readonly #launch = (): void => {
    const steps = this.#steps;
    this.#steps = [];
    launch(this.runtime, joinSteps(steps), new Map());
  };
}

function run(runtime: Runtime, steps: readonly Step[], joiner: StepJoiner): void {
  const scratch = new Map<Scratch, CudaBuffer>();
  try {
    for (const step of steps) {
      if ("kernel" in step) launch(runtime, step, scratch);
      else if ("stepKernel" in step) joiner.add(step);
      else runtime.copy(step);
    }
  } finally {
    for (const buffer of scratch.values()) runtime.pool.give(buffer);
  }
}

function launch(
  runtime: Runtime,
  { kernel, bindings, words, grid, block, sharedBytes = 0 }: Launch,
  scratch: Map<Scratch, CudaBuffer>,
) {
  runtime.queue.launch({
    kernel: runtime.library.get(kernel),
    grid: typeof grid === "number" ? [grid, 1, 1] : grid,
    block: [block, 1, 1] satisfies Size3,
    sharedBytes,
    addresses: bindings.map((binding) => addressOf(runtime, binding, scratch)),
    words,
  });
}

function addressOf({ pool, tables }: Runtime, binding: Binding, scratch: Map<Scratch, CudaBuffer>): number {
  if (binding === null) return 0;
  if ("memory" in binding) return binding.memory.address;
  if ("table" in binding) return tables.get(binding.table).address;
  const known = scratch.get(binding);
  if (known) return known.address;
  const taken = pool.take(binding.scratchBytes);
  scratch.set(binding, taken);
  return taken.address;
}
