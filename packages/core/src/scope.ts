import { LifetimeError } from "./errors";

// For users whose `lib` is without ESNext.Disposable, or our types wouldn't compile there. Merges with the library's own.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** Something that holds device memory until disposed. */
export interface Disposable {
  dispose(): void;
  readonly isDisposed: boolean;
  /** The scope that frees it; set by the scope alone. */
  owner: Scope | undefined;
}

interface AsyncStore {
  getStore(): Scope | undefined;
  enterWith(scope: Scope | undefined): void;
  run<T>(scope: Scope, fn: () => T): T;
}

/**
 * Owns the tensors made while it is current and frees them when it ends; `keep` hands one to the scope around it.
 * In Node a scope follows its async function across `await`; in browsers use `s.run(() => …)` around synchronous parts.
 */
export class Scope {
  readonly #owned = new Set<Disposable>();
  #isEnded = false;

  constructor(
    readonly parent: Scope | undefined,
    /** False for the scope of `unscoped`, which owns nothing. */
    readonly isOwner = true,
  ) {}

  /** Hands `value` to the scope around this one, so that it outlives it. */
  keep<T extends Disposable>(value: T): T {
    if (value.owner !== this) return value;
    this.#owned.delete(value);
    const outer = liveScope(this.parent);
    if (outer?.isOwner) outer.own(value);
    else value.owner = undefined;
    return value;
  }

  /** Runs `fn` with this scope as the current one. An async `fn` keeps it across `await` in Node only. */
  run<T>(fn: () => T): T {
    if (this.#isEnded) throw new LifetimeError("scope.run", { rule: "the scope must not have ended" });
    const result = asyncStore ? asyncStore.run(this, () => withScope(undefined, fn)) : withScope(this, fn);
    if (!asyncStore && result instanceof Promise) {
      throw new LifetimeError("scope.run", { rule: "fn must be synchronous where there is no AsyncLocalStorage" });
    }
    return result;
  }

  /** Tensors owned now. */
  get size(): number {
    return this.#owned.size;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  own(value: Disposable): void {
    this.#owned.add(value);
    value.owner = this;
  }

  disown(value: Disposable): void {
    this.#owned.delete(value);
    value.owner = undefined;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const value of this.#owned) value.dispose();
    this.#owned.clear();
    if (asyncStore?.getStore() === this) asyncStore.enterWith(liveScope(this.parent));
    else if (syncScope === this) syncScope = liveScope(this.parent);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

const asyncStore = openAsyncStore();
/** The innermost synchronous scope (Module calls, vector-Jacobian products); goes before the async one. */
let syncScope: Scope | undefined;

/**
 * A scope that lasts until the end of the block: `using s = scope()`.
 *
 * In an async function, what runs before its first `await` runs on behalf of the caller too: of two such functions started side
 * by side the second takes the first's scope for the one around it, and `keep` hands there what is then freed too early. Start
 * those with `run`: `const s = new Scope(currentScope()); await s.run(async () => …)`.
 */
export function scope(): Scope {
  const opened = new Scope(currentScope());
  if (asyncStore && !syncScope) asyncStore.enterWith(opened);
  else syncScope = opened;
  return opened;
}

export function currentScope(): Scope | undefined {
  return liveScope(syncScope) ?? liveScope(asyncStore?.getStore());
}

/**
 * Runs the synchronous `fn` in a scope of its own; every tensor found in its result (also in arrays, maps and plain
 * objects) goes to the scope around it.
 */
export function scoped<T>(fn: () => T): T {
  const inner = new Scope(currentScope());
  const outerSync = syncScope;
  syncScope = inner;
  try {
    const result = fn();
    keepAll(inner, result);
    return result;
  } finally {
    syncScope = outerSync;
    inner.end();
  }
}

/** Runs `fn` with no scope at all: what it makes is owned by no one but its user (parameters, optimizer state). */
export function unscoped<T>(fn: () => T): T {
  return withScope(new Scope(undefined, false), fn);
}

function withScope<T>(inner: Scope | undefined, fn: () => T): T {
  const outer = syncScope;
  syncScope = inner;
  try {
    return fn();
  } finally {
    syncScope = outer;
  }
}

function keepAll(from: Scope, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if ("isDisposed" in value) from.keep(value as Disposable);
  else if (Array.isArray(value)) for (const item of value) keepAll(from, item);
  else if ("tensors" in value) keepAll(from, value.tensors);
  else if (value instanceof Map) for (const item of value.values()) keepAll(from, item);
  else if (Object.getPrototypeOf(value) === Object.prototype) for (const item of Object.values(value)) keepAll(from, item);
}

function liveScope(scope: Scope | undefined): Scope | undefined {
  let live = scope;
  while (live?.isEnded) live = live.parent;
  return live;
}

/** Node's AsyncLocalStorage where there is one, found without an import so that bundlers never see it. */
function openAsyncStore(): AsyncStore | undefined {
  const host = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { AsyncLocalStorage: new () => AsyncStore } | undefined };
  };
  const hooks = host.process?.getBuiltinModule?.("node:async_hooks");
  return hooks ? new hooks.AsyncLocalStorage() : undefined;
}
