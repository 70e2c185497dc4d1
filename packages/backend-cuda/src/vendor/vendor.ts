import type { LibraryName, PlanKind } from "../addon";
import type { VendorCall } from "../launch";
import type { LaunchQueue } from "../queue";
import type { ReservingPool } from "../reserving-pool";
import { type Choice, keyOf, staticChoice } from "./choice";
import { ChoiceTable } from "./choice-table";
import { type LibrarySource, type LibraryState, lineOf, loadLibrary } from "./loaded-libraries";
import { PlanCache } from "./plan-cache";
import { LIBRARIES } from "./search";

const LIBRARY_FOR: { readonly [Kind in PlanKind]: LibraryName } = { matmul: "cuBLASLt", convolution: "cuDNN" };

interface VendorSource extends LibrarySource {
  readonly queue: LaunchQueue;
  readonly pool: ReservingPool;
  /** The GPU and its driver: measurements hold for these, and for the library's version. */
  readonly gpu: string;
  /** Every call that a library takes is its own, whatever is chosen. */
  readonly isAlways: boolean;
}

/** A library as it was found, and what was measured of it. */
interface Known {
  readonly state: LibraryState;
  readonly table: ChoiceTable;
}

/** NVIDIA's libraries on a device: each loaded when the first call could be its own, with a plan for each call of other shapes. */
export class Vendor {
  readonly #plans: PlanCache;
  readonly #known = new Map<LibraryName, Known>();

  constructor(readonly source: VendorSource) {
    const { native, device, queue } = source;
    this.#plans = new PlanCache((plan) => {
      // Runs of it may be waiting there.
      queue.flush();
      native.freePlan(device, plan);
    });
  }

  /** A line for each library. */
  get lines(): readonly string[] {
    return LIBRARIES.map((name) => lineOf(this.#find(name).state));
  }

  /** Whether there is a library for such calls. */
  has(kind: PlanKind): boolean {
    return this.#find(LIBRARY_FOR[kind]).state.reason === undefined;
  }

  /** What was measured of such calls. */
  tableOf(kind: PlanKind): ChoiceTable {
    return this.#find(LIBRARY_FOR[kind]).table;
  }

  /** Runs a call if it is chosen to be the library's and that takes it: false leaves it to our kernels. */
  tryRun(call: VendorCall): boolean {
    const table = this.tableOf(call.kind);
    const fallback: Choice = this.source.isAlways ? "vendor" : staticChoice(call);
    // What small calls come to, without the words of a key.
    if (fallback === "own" && table.isEmpty) return false;
    const key = keyOf(call);
    const choice = this.source.isAlways ? "vendor" : (table.get(key) ?? fallback);
    return choice === "vendor" && this.run(call, key);
  }

  /** Runs a call of a library that is there, whatever is chosen. @returns false where the library can't. */
  run(call: VendorCall, key = keyOf(call)): boolean {
    const { native, device, pool, queue } = this.source;
    const made = this.#plans.get(key, () => native.makePlan(device, call.kind, call.numbers));
    if (made.refused !== undefined) return false;
    const workspace = made.workspaceBytes > 0 ? pool.take(made.workspaceBytes) : undefined;
    const operands = call.operands.map(({ memory }) => memory.address);
    for (const address of operands) pool.use(address);
    queue.runPlan({ plan: made.plan, addresses: [...operands, workspace?.address ?? 0] });
    if (workspace) pool.give(workspace);
    return true;
  }

  #find(name: LibraryName): Known {
    const known = this.#known.get(name);
    if (known) return known;
    const state = loadLibrary(this.source, name);
    const version = state.reason === undefined ? state.version : "absent";
    const found = { state, table: new ChoiceTable(`${this.source.gpu}, ${name} ${version}`) };
    this.#known.set(name, found);
    return found;
  }
}
