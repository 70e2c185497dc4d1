import type { MadePlan } from "../addon";

/** A network has a few hundred calls of different shapes, forwards and backwards. */
const MOST_PLANS = 1024;

/** Plans by what they were asked for, refusals too. What was used longest ago goes first. */
export class PlanCache {
  readonly #made = new Map<string, MadePlan>();

  constructor(
    readonly free: (plan: number) => void,
    readonly most = MOST_PLANS,
  ) {}

  get(key: string, make: () => MadePlan): MadePlan {
    const known = this.#made.get(key);
    // A Map keeps the order of insertion: what is used goes to its end.
    if (known) this.#made.delete(key);
    else if (this.#made.size >= this.most) this.#dropOldest();
    const made = known ?? make();
    this.#made.set(key, made);
    return made;
  }

  #dropOldest(): void {
    const [key, made] = this.#made.entries().next().value as [string, MadePlan];
    this.#made.delete(key);
    if (made.refused === undefined) this.free(made.plan);
  }
}
