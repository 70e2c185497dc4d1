import { type Kernel, OPS, type Operand } from "@vertebra/core";
import type { BufferPool, GpuBuffer } from "./buffers";
import type { Failures } from "./failures";
import { fusedPlans, plans } from "./kernels/index";
import type { Binding, GpuMemory, GpuOperand, Launch, Limits, Plan, Scratch, Step, Table } from "./launch";
import { MAX_PARAM_WORDS } from "./params";
import type { OpCall } from "./parts/calls";
import { isTooLarge, split } from "./parts/split";
import { bytesOf, Temporaries } from "./parts/temporaries";
import type { Pipelines } from "./pipelines";
import type { WorkQueue } from "./queue";
import type { Tables } from "./tables";
import type { WarmUp } from "./warm-up";

type Plans = { readonly [name: string]: Plan<never> };
/** What the parts of an op may be calls of. */
const ALL_PLANS: Plans = { ...plans, ...fusedPlans };
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
    const planned = (call: OpCall): readonly Step[] => {
      const own = call.op === op ? plan : (ALL_PLANS[call.op] as Plan<never>);
      return own(call.inputs, call.outputs, call.attrs as never, runtime.limits);
    };
    const kernel: Kernel<never> = (inputs, outputs, attrs) => {
      failures.requireUsable(op);
      if (failures.hasLosses) failures.requireKept(op, inputs.map(bufferOf));
      runtime.current = { op, inputs, outputs };
      const call = { op, inputs: inputs.map(toGpu), outputs: outputs.map(toGpu), attrs };
      const execute = (steps: readonly Step[]): void => {
        if (warmUp.held) warmUp.held.pipelines.push(...compile(runtime, steps));
        else run(runtime, steps);
      };
      if (isTooLarge(call, runtime.limits)) inParts(runtime, call, (part) => execute(planned(part)));
      else execute(planned(call));
      if (warmUp.held) {
        warmUp.hold(() => kernel(inputs, outputs, attrs));
        return;
      }
      for (const { buffer } of outputs) (buffer as GpuBuffer).writtenIn = queue.batch;
      for (const index of mutated) if (inputs[index]) bufferOf(inputs[index]).writtenIn = queue.batch;
    };
    return kernel;
  };
  return <P extends Plans>(table: P) =>
    Object.fromEntries(Object.entries(table).map(([op, plan]) => [op, toKernel(op, plan)])) as unknown as KernelsOf<P>;
}

/** Cuts a call whose operands can't all be bound; the temporaries of its parts are given back, also where there is no way. */
function inParts({ pool, queue, limits }: Runtime, call: OpCall, execute: (part: OpCall) => void): void {
  const taken: GpuBuffer[] = [];
  const temporaries = new Temporaries((shape, dtype) => {
    const memory = pool.take(bytesOf({ shape, dtype }), queue.batch);
    taken.push(memory);
    return { memory, shape, dtype };
  });
  try {
    for (const part of split(call, limits, temporaries)) execute(part);
  } finally {
    for (const memory of taken) pool.give(memory);
  }
}

const bufferOf = ({ buffer }: Operand): GpuBuffer => buffer as GpuBuffer;

const toGpu = ({ buffer, shape, dtype }: Operand): GpuOperand => ({ memory: buffer as GpuBuffer, shape, dtype });

const compile = ({ pipelines }: Runtime, steps: readonly Step[]): Promise<void>[] =>
  steps.flatMap((step) => ("shader" in step ? pipelines.prepare(step.shader, step.constants) : []));

function run(runtime: Runtime, steps: readonly Step[]): void {
  const scratch = new Map<Scratch, GpuBuffer>();
  for (const step of steps) {
    if ("shader" in step) launch(runtime, step, scratch);
    else runtime.queue.copy(step.from.memory, step.to.memory, step.copyBytes);
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
