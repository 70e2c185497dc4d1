import type { Native } from "../addon";
import { type Runtime, runSteps } from "../dispatch";
import type { CudaOperand, Step, VendorCall } from "../launch";
import type { CudaBuffer } from "../pool";
import { type Choice, keyOf } from "./choice";
import type { Vendor } from "./vendor";

/** A call that both can do, for operands that are given later. */
export interface Contest {
  /** Inputs, then outputs. */
  readonly operands: readonly CudaOperand[];
  readonly own: (operands: readonly CudaOperand[]) => readonly Step[];
  readonly vendor: (operands: readonly CudaOperand[]) => VendorCall;
}

/** What `tune` measured of one call: milliseconds are medians. */
export interface TunedCall {
  /** The call's shapes, attributes and dtype, as the table on disk names it. */
  readonly call: string;
  readonly ownMs: number;
  /** Undefined where the library doesn't take the call. */
  readonly vendorMs: number | undefined;
  readonly choice: Choice;
}

const WARM_UPS = 2;
const ROUNDS = 9;
/** Calls of a round: one alone is shorter than what the clock tells apart. */
const CALLS = 3;
/** The library has to be faster by more than measurements differ. */
const MARGIN = 0.97;
const PIECE_BYTES = 1 << 20;

/** Where contests are held. */
interface Place {
  readonly native: Native;
  readonly device: number;
  readonly runtime: Runtime;
  readonly vendor: Vendor;
}

/** Measures calls that weren't measured before, and keeps each result at once. */
export async function holdContests(place: Place, contests: ReadonlyMap<string, Contest>): Promise<readonly TunedCall[]> {
  const rows: TunedCall[] = [];
  for (const [call, contest] of contests) {
    const table = place.vendor.tableOf(contest.vendor(contest.operands).kind);
    if (table.get(call)) continue;
    const row = await hold(place, call, contest);
    table.add(call, row.choice);
    rows.push(row);
  }
  return rows;
}

async function hold(place: Place, call: string, contest: Contest): Promise<TunedCall> {
  const { pool } = place.runtime;
  const buffers: CudaBuffer[] = [];
  try {
    for (const operand of contest.operands) buffers.push(filled(place, operand));
    const operands = contest.operands.map((operand, i) => ({ ...operand, memory: buffers[i] as CudaBuffer }));
    const vendorCall = contest.vendor(operands);
    const runs = [() => runSteps(place.runtime, contest.own(operands)), () => place.vendor.run(vendorCall, call)] as const;
    const isTaken = place.vendor.run(vendorCall, call);
    const [ownMs, vendorMs] = await times(place, isTaken ? runs : [runs[0]]);
    const isFaster = vendorMs !== undefined && vendorMs < (ownMs as number) * MARGIN;
    return { call, ownMs: ownMs as number, vendorMs, choice: isFaster ? "vendor" : "own" };
  } finally {
    for (const buffer of buffers) pool.give(buffer);
  }
}

/** Memory with small numbers in it: what is multiplied makes a difference to a GPU's clock. */
function filled({ native, device, runtime }: Place, { shape, dtype }: CudaOperand): CudaBuffer {
  const bytes = shape.reduce((size, axis) => size * axis, dtype === "f32" ? 4 : 2);
  const buffer = runtime.pool.take(bytes);
  const some = new Uint8Array(Math.min(bytes, PIECE_BYTES)).map((_, i) =>
    i % 2 === 1 && (dtype !== "f32" || i % 4 === 3) ? 0x3c : (i * 73) & 0xff,
  );
  runtime.queue.flush();
  for (let at = 0; at < bytes; at += some.length)
    native.write(device, buffer.block, at, some.subarray(0, Math.min(some.length, bytes - at)));
  return buffer;
}

/** Medians of milliseconds per call, the runs in turn. */
async function times(place: Place, runs: readonly (() => unknown)[]): Promise<number[]> {
  const { native, device, runtime } = place;
  const marks: number[][] = runs.map(() => []);
  const mark = () => {
    runtime.queue.flush();
    return native.mark(device);
  };
  for (let round = 0; round < WARM_UPS; round++) for (const run of runs) run();
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, run] of runs.entries()) {
      marks[i]?.push(mark());
      for (let call = 0; call < CALLS; call++) run();
      marks[i]?.push(mark());
    }
  await native.sync(device);
  const medians = marks.map((of) => {
    const each = Array.from({ length: ROUNDS }, (_, i) => native.elapsedMs(device, of[2 * i] as number, of[2 * i + 1] as number));
    return (each.sort((x, y) => x - y)[ROUNDS >> 1] as number) / CALLS;
  });
  for (const each of marks.flat()) native.freeMark(device, each);
  return medians;
}

/** Calls of other keys than before, as they come by. */
export class Contests {
  readonly all = new Map<string, Contest>();

  add(contest: Contest): void {
    const key = keyOf(contest.vendor(contest.operands));
    if (!this.all.has(key)) this.all.set(key, contest);
  }
}
