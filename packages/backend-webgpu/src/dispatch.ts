import { type Kernel, OPS, type Operand } from "@vertebra/core";
import type { BufferPool, GpuBuffer } from "./buffers";
import type { Failures } from "./failures";
import type { Binding, GpuMemory, GpuOperand, Launch, Limits, Plan, Scratch, Step, Table } from "./launch";
import { MAX_PARAM_WORDS } from "./params";
import type { Pipelines } from "./pipelines";
import type { WorkQueue } from "./queue";
import { isTooLarge, type Operands, split } from "./split";
import type { Tables } from "./tables";
import type { WarmUp } from "./warm-up";

type Plans = { readonly [name: string]: Plan<never> };
type KernelsOf<P> = { readonly [K in keyof P]: P[K] extends Plan<infer Attrs> ? Kernel<Attrs> : never };

/** What launches go through. */
export interface Runtime {
  readonly limits: Limits;
  readonly pool: BufferPool;
  readonly queue: WorkQueue;
  readonly pipelines: Pipelines;
  readonly tables: Tables;
  readonly failures: Failures;
  readonly warmUp: WarmUp;
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
  const { failures, queue, warmUp } = runtime;
  const toKernel = (op: string, plan: Plan<never>): Kernel<never> => {
    const mutated = op in OPS ? (OPS[op as keyof typeof OPS].mutates ?? []) : [];
    const kernel: Kernel<never> = (inputs, outputs, attrs) => {
      failures.requireUsable(op);
      if (failures.hasLosses) failures.requireKept(op, inputs.map(bufferOf));
      runtime.current = { op, inputs, outputs };
      const operands = { inputs: inputs.map(toGpu), outputs: outputs.map(toGpu) };
      const steps = partsOf(op, operands, attrs, runtime.limits).map((part) =>
        plan(part.inputs, part.outputs, attrs, runtime.limits),
      );
      if (warmUp.held) {
        warmUp.held.pipelines.push(...compile(runtime, steps.flat()));
        warmUp.hold(() => kernel(inputs, outputs, attrs));
        return;
      }
      for (const part of steps) run(runtime, part);
      for (const { buffer } of outputs) (buffer as GpuBuffer).writtenIn = queue.batch;
      for (const index of mutated) if (inputs[index]) bufferOf(inputs[index]).writtenIn = queue.batch;
    };
    return kernel;
  };
  return <P extends Plans>(plans: P) =>
    Object.fromEntries(Object.entries(plans).map(([op, plan]) => [op, toKernel(op, plan)])) as unknown as KernelsOf<P>;
}

/** The op as it is, or where an operand can't be bound as a whole, in parts. Copies bind nothing. */
const partsOf = (op: string, operands: Operands, attrs: unknown, limits: Limits): readonly Operands[] =>
  op !== "copyInto" && isTooLarge(operands, limits) ? split(op, operands, attrs, limits) : [operands];

const bufferOf = ({ buffer }: Operand): GpuBuffer => buffer as GpuBuffer;

const toGpu = ({ buffer, shape, dtype }: Operand): GpuOperand => ({ memory: buffer as GpuBuffer, shape, dtype });

const compile = ({ pipelines }: Runtime, steps: readonly Step[]): Promise<void>[] =>
  steps.flatMap((step) => ("shader" in step ? pipelines.prepare(step.shader, step.constants) : []));

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

function memoryOf({ pool, queue, tables }: Runtime, binding: Binding, scratch: Map<Scratch, GpuBuffer>): GpuMemory {
  if ("memory" in binding) return binding.memory;
  if ("table" in binding) return tables.get((binding as Table).table);
  const known = scratch.get(binding);
  if (known) return known;
  const taken = pool.take(binding.scratchBytes, queue.batch);
  scratch.set(binding, taken);
  return taken;
}
