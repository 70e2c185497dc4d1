import type { Kernel, Operand } from "@vertebra/core";
import type { Size3 } from "./batch";
import type { KernelLibrary } from "./kernel-library";
import { isSameStep, joinSteps, STEP_TENSORS } from "./kernels/optimizer-step";
import type { Binding, Copy, CudaMemory, CudaOperand, Launch, Limits, ParameterStep, Plan, Scratch, Step } from "./launch";
import type { CudaBuffer } from "./pool";
import type { LaunchQueue, Pending } from "./queue";
import type { ReservingPool } from "./reserving-pool";
import type { Tables } from "./tables";
import { DESCRIPTIONS, type Description } from "./vendor/describe";
import type { Contests } from "./vendor/tune";
import type { Vendor } from "./vendor/vendor";

type Plans = { readonly [name: string]: Plan<never> };
type KernelsOf<P> = { readonly [K in keyof P]: P[K] extends Plan<infer Attrs> ? Kernel<Attrs> : never };

/** What launches go through. */
export interface Runtime {
  readonly limits: Limits;
  readonly pool: ReservingPool;
  readonly queue: LaunchQueue;
  readonly library: KernelLibrary;
  readonly tables: Tables;
  /** NVIDIA's libraries; undefined where they are switched off. */
  readonly vendor: Vendor | undefined;
  /** Set while calls are collected to be measured. */
  contests?: Contests | undefined;
  /** @throws DeviceError once the device is closed or broken. */
  readonly requireUsable: (op: string) => void;
}

/** Turns a table of plans into one of kernels: plan, allocate scratch, queue the launches; or leave it to a library. */
export function createDispatch(runtime: Runtime): <P extends Plans>(plans: P) => KernelsOf<P> {
  const toKernel = (op: string, plan: Plan<never>): Kernel<never> => {
    const description = DESCRIPTIONS[op as keyof typeof DESCRIPTIONS] as Description<never> | undefined;
    return (inputs, outputs, attrs) => {
      runtime.requireUsable(op);
      const operands = [inputs.map(toCuda), outputs.map(toCuda)] as const;
      if (description && isDoneByLibrary(runtime, { plan, description, operands, attrs })) return;
      runSteps(runtime, plan(...operands, attrs, runtime.limits));
    };
  };
  return <P extends Plans>(plans: P) =>
    Object.fromEntries(Object.entries(plans).map(([op, plan]) => [op, toKernel(op, plan)])) as unknown as KernelsOf<P>;
}

const toCuda = ({ buffer, shape, dtype }: Operand): CudaOperand => ({ memory: buffer as CudaBuffer, shape, dtype });

/** A call of an op that libraries know. */
interface KnownCall {
  readonly plan: Plan<never>;
  readonly description: Description<never>;
  readonly operands: readonly [inputs: readonly CudaOperand[], outputs: readonly CudaOperand[]];
  readonly attrs: never;
}

/** Hands a call to its library, if there is one that takes it and it is chosen. */
function isDoneByLibrary({ vendor, limits, contests }: Runtime, { plan, description, operands, attrs }: KnownCall): boolean {
  const { kind, describe } = description;
  if (!vendor?.has(kind)) return false;
  const call = describe(...operands, attrs, limits);
  if (!call) return false;
  const [{ length }] = operands;
  contests?.add({
    operands: operands.flat(),
    own: (all) => plan(all.slice(0, length), all.slice(length), attrs, limits),
    vendor: (all) => describe(all.slice(0, length), all.slice(length), attrs, limits) ?? call,
  });
  return vendor.tryRun(call);
}

/** An optimizer's steps that follow each other, which become one launch. */
class JoinedSteps implements Pending {
  readonly #steps: ParameterStep[] = [];

  constructor(readonly runtime: Runtime) {}

  /** Adds a step, if the launch can have it too. */
  takes(step: ParameterStep): boolean {
    const [first] = this.#steps;
    if (first && (this.#steps.length === STEP_TENSORS || !isSameStep(first, step))) return false;
    this.#steps.push(step);
    // They may be released before the launch is made.
    this.runtime.pool.use(step.hyper.memory.address);
    for (const tensor of step.tensors) if (tensor) this.runtime.pool.use(tensor.memory.address);
    return true;
  }

  launch(): void {
    launch(this.runtime, joinSteps(this.#steps), new Map());
  }
}

function addStep(runtime: Runtime, step: ParameterStep): void {
  const { queue } = runtime;
  if (queue.pending instanceof JoinedSteps && queue.pending.takes(step)) return;
  queue.settle();
  const joined = new JoinedSteps(runtime);
  joined.takes(step);
  queue.pending = joined;
}

/** Queues the launches and copies, with scratch memory for as long as they take. */
export function runSteps(runtime: Runtime, steps: readonly Step[]): void {
  const scratch = new Map<Scratch, CudaBuffer>();
  try {
    for (const step of steps) {
      if ("kernel" in step) launch(runtime, step, scratch);
      else if ("stepKernel" in step) addStep(runtime, step);
      else copy(runtime, step);
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

function copy({ pool, queue }: Runtime, { copyBytes, from, to }: Copy): void {
  for (const { memory } of [from, to]) pool.use(memory.address);
  queue.copy({ to: to.memory.address, from: from.memory.address, bytes: copyBytes });
}

function addressOf(runtime: Runtime, binding: Binding, scratch: Map<Scratch, CudaBuffer>): number {
  if (binding === null) return 0;
  const { address } = memoryOf(runtime, binding, scratch);
  runtime.pool.use(address);
  return address;
}

function memoryOf({ pool, tables }: Runtime, binding: NonNullable<Binding>, scratch: Map<Scratch, CudaBuffer>): CudaMemory {
  if ("memory" in binding) return binding.memory;
  if ("table" in binding) return tables.get(binding.table);
  const known = scratch.get(binding);
  if (known) return known;
  const taken = pool.take(binding.scratchBytes);
  scratch.set(binding, taken);
  return taken;
}
