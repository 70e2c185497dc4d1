import { LifetimeError } from "./errors";
import type { Tensor } from "./tensor";

let tracked: Map<Tensor, string> | undefined;

export function trackLeak(tensor: Tensor): void {
  tracked?.set(tensor, new Error().stack ?? "");
}

export function untrackLeak(tensor: Tensor): void {
  tracked?.delete(tensor);
}

/**
 * Runs `fn` and throws if tensors made in it are still alive afterwards, with the stack that made each.
 * For tests and debugging: it records a stack per tensor.
 * @throws LifetimeError naming the number of tensors and where the first were made.
 */
export async function checkLeaks<T>(fn: () => T | Promise<T>): Promise<T> {
  const outer = tracked;
  const own = new Map<Tensor, string>();
  tracked = own;
  try {
    const result = await fn();
    if (own.size > 0) throw leakError(own);
    return result;
  } finally {
    tracked = outer;
  }
}

function leakError(alive: ReadonlyMap<Tensor, string>): LifetimeError {
  const stacks = [...alive].slice(0, 3).map(([tensor, stack]) => `${tensor}\n${stack.split("\n").slice(3, 8).join("\n")}`);
  return new LifetimeError("checkLeaks", {
    rule: "all tensors made inside must be freed",
    got: `${alive.size} alive:\n${stacks.join("\n")}`,
    fix: "Wrap the work in `using s = scope()` or dispose the tensors",
  });
}
