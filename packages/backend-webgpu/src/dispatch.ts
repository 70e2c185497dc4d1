import type { Kernel, Operand } from "@vertebra/core";
import type { BufferPool, GpuBuffer } from "./buffers";
import type { Binding, GpuMemory, GpuOperand, Launch, Limits, Plan, Scratch, Step, Table } from "./launch";
import { MAX_PARAM_WORDS } from "./params";
import type { Pipelines } from "./pipelines";
import type { WorkQueue } from "./queue";
import { isTooLarge, type Operands, split } from "./split";
import type { Tables } from "./tables";

type Plans = { readonly [name: string]: Plan<never> };
type KernelsOf<P> = { readonly [K in keyof P]: P[K] extends Plan<infer Attrs> ? Kernel<Attrs> : never };

/** What launches go through. */
export interface Runtime {
  readonly limits: Limits;
  readonly pool: BufferPool;
  readonly queue: WorkQueue;
  readonly pipelines: Pipelines;
  readonly tables: Tables;
  /** Set while kernels are compiled ahead (`warmUp`): pipelines that are on their way. */
  preparing: Promise<void>[] | undefined;
  /** @throws DeviceError if the device is closed, lost or has failed. Called before each op. */
  requireUsable(op: string): void;
  /** The op that is being recorded, with its operands: what asynchronous errors are blamed on. */
  current: Call | undefined;
}

/** An op and its operands. */
export interface Call {
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/** Turns a table of plans into one of kernels: plan, allocate scratch, record the launches. */
export function createDispatch(runtime: Runtime): <P extends Plans>(plans: P) => KernelsOf<P> {
  const toKernel =
    (op: string, plan: Plan<never>): Kernel<never> =>
    (inputs, outputs, attrs) => {
      runtime.requireUsable(op);
      runtime.current = { op, inputs, outputs };
      const operands = { inputs: inputs.map(toGpu), outputs: outputs.map(toGpu) };
      for (const part of partsOf(op, operands, attrs, runtime.limits)) {
        const steps = plan(part.inputs, part.outputs, attrs, runtime.limits);
        if (runtime.preparing) prepare(runtime, runtime.preparing, steps);
        else run(runtime, steps);
      }
    };
  return <P extends Plans>(plans: P) =>
    Object.fromEntries(Object.entries(plans).map(([op, plan]) => [op, toKernel(op, plan)])) as unknown as KernelsOf<P>;
}

/** The op as it is, or where an operand can't be bound as a whole, in parts. Copies bind nothing. */
const partsOf = (op: string, operands: Operands, attrs: unknown, limits: Limits): readonly Operands[] =>
  op !== "copyInto" && isTooLarge(operands, limits) ? split(op, operands, attrs, limits) : [operands];

const toGpu = ({ buffer, shape, dtype }: Operand): GpuOperand => ({ memory: buffer as GpuBuffer, shape, dtype });

function prepare({ pipelines }: Runtime, preparing: Promise<void>[], steps: readonly Step[]): void {
  for (const step of steps) if ("shader" in step) preparing.push(pipelines.prepare(step.shader, step.constants));
}

function run(runtime: Runtime, steps: readonly Step[]): void {
  const scratch = new Map<Scratch, GpuBuffer>();
  for (const step of steps) {
    if ("shader" in step) launch(runtime, step, scratch);
    else runtime.queue.copy(step.from.memory.gpu, step.to.memory.gpu, step.copyBytes);
  }
  for (const buffer of scratch.values()) runtime.pool.give(buffer);
}

function launch(runtime: Runtime, { shader, constants, params, bindings, grid }: Launch, scratch: Map<Scratch, GpuBuffer>): void {
  const { pipelines, queue } = runtime;
  if (params.length > MAX_PARAM_WORDS) throw new Error(`${shader.name}: ${params.length} words, at most ${MAX_PARAM_WORDS}`);
  const pipeline = pipelines.get(shader, constants);
  const memories = bindings.map((binding) => memoryOf(runtime, binding, scratch));
  queue.launch(pipeline.gpu, pipelines.bind(pipeline, memories), params, grid);
}

function memoryOf({ pool, tables }: Runtime, binding: Binding, scratch: Map<Scratch, GpuBuffer>): GpuMemory {
  if ("memory" in binding) return binding.memory;
  if ("table" in binding) return tables.get((binding as Table).table);
  const known = scratch.get(binding);
  if (known) return known;
  const taken = pool.take(binding.scratchBytes);
  scratch.set(binding, taken);
  return taken;
}
