import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** More than enough for the engine to call every finalizer. */
const ROUNDS = 20;

/** Collects garbage until `isDone`, or for a fifth of a second. */
export async function collectGarbage(isDone: () => boolean): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < ROUNDS && !isDone(); round++) {
    collect();
    await setTimeout(10);
  }
}
