import { type Buffer, type Kernel, type Operand, ShapeError } from "@vertebra/core";
import type { CpuOperand, Launch, Plan } from "./launch";
import type { Runtime } from "./wasm/runtime";

export interface CpuBuffer extends Buffer {
  readonly pointer: number;
}

type Plans = { readonly [name: string]: Plan<never> };
type KernelsOf<P> = { readonly [K in keyof P]: P[K] extends Plan<infer Attrs> ? Kernel<Attrs> : never };

/** Turns a table of plans into one of kernels: plan, allocate scratch, launch. */
export function createDispatch(runtime: Runtime): <P extends Plans>(plans: P) => KernelsOf<P> {
  const toKernel =
    (name: string, plan: Plan<never>): Kernel<never> =>
    (inputs, outputs, attrs) => {
      const launch = plan(inputs.map(toCpu), outputs.map(toCpu), attrs, runtime.workers);
      if (launch) run(runtime, name, launch);
    };
  return <P extends Plans>(plans: P) =>
    Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, toKernel(name, plan)])) as unknown as KernelsOf<P>;
}

const toCpu = ({ buffer, shape, dtype }: Operand): CpuOperand => ({ pointer: (buffer as CpuBuffer).pointer, shape, dtype });

/** Constant tables start on their own 16 bytes. */
const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

function run(runtime: Runtime, op: string, launch: Launch): void {
  const { entry, ints, floats, scratchBytes = 0, scratchAt, tables = [], tablesAt = 0 } = launch;
  const tableBytes = tables.reduce((sum, table) => sum + aligned(table.byteLength), 0);
  if (scratchBytes + tableBytes === 0) {
    runtime.launch(entry, ints, floats);
  } else {
    const words = ints.slice();
    const base = runtime.allocate(aligned(scratchBytes) + tableBytes);
    try {
      if (scratchAt !== undefined) words[scratchAt] = base;
      let at = base + aligned(scratchBytes);
      for (const [i, table] of tables.entries()) {
        runtime.bytes(at, table.byteLength).set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
        words[tablesAt + i] = at;
        at += aligned(table.byteLength);
      }
      runtime.launch(entry, words, floats);
    } finally {
      runtime.release(base);
    }
  }
  if (runtime.takeError() === 0) return;
  throw new ShapeError(op, {
    rule: "indices must be inside the axis they index",
    got: "one outside",
    fix: "Check that labels are in [0, numClasses)",
  });
}
