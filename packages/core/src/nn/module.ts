import type { Device } from "../backend";
import { StateDictError, VertebraError } from "../errors";
import type { KeyTable } from "../io/key-table";
import type { WeightsSource } from "../io/weights-source";
import { currentLayer, insideLayer, type PathNode } from "../layer-path";
import { notifyLayerObservers } from "../observe";
import { scoped } from "../scope";
import { Tensor } from "../tensor";
import { dropDerived } from "./derived";
import { copyRole, roleOf } from "./parameter";
import { printModule } from "./print";
import { type LoadFileOptions, type LoadOptions, type LoadReport, loadInto, type ModuleState } from "./state-dict";

/**
 * Parameters and a `forward`. Tensor and Module properties are found by themselves, under the names of the properties,
 * which are the names in checkpoints. Calling `forward` opens a scope: what neither the result nor the tape holds is freed
 * when it returns.
 */
export abstract class Module<Output = Tensor> implements PathNode {
  /** True while training: dropout drops, batch norm uses the batch. Set by `train()` and `eval()`. */
  declare isTraining: boolean;

  constructor() {
    const forward = this.forward;
    const call = (...inputs: Parameters<typeof forward>): Output => callLayer(this, () => forward.apply(this, inputs));
    // Not enumerable: they are no part of the model's tree.
    Object.defineProperty(this, "forward", { value: call, writable: true, configurable: true });
    Object.defineProperty(this, "isTraining", { value: true, writable: true });
  }

  abstract forward(x: Tensor): Output;

  /**
   * The type as `String(model)` and summaries print it: the class's name, without the underscore that bundlers put in front of
   * it where a class names itself. Override it for a name that begins with one, or that minifying shortens.
   */
  get typeName(): string {
    return this.constructor.name.replace(/^_/, "");
  }

  /** What stands between the parentheses of a layer without children, in PyTorch's spelling. */
  extraRepr(): string {
    return "";
  }

  /**
   * Direct children by name, in order: the names of the properties, without an underscore at the end, which sets a property
   * apart from a method (`features_` of a network that has `features()`).
   */
  namedChildren(): [string, Module<unknown>][] {
    return Object.entries(this)
      .filter((entry): entry is [string, Module<unknown>] => entry[1] instanceof Module)
      .map(([name, child]) => [name.replace(/_$/, ""), child]);
  }

  /** The name of a child; the path of a layer further down that is called from here. */
  childName(child: PathNode): string | undefined {
    const named = ([, module]: [string, Module<unknown>]) => module === child;
    return (this.namedChildren().find(named) ?? this.namedModules().find(named))?.[0];
  }

  /** This module and all below it, by path; a module used twice is listed once. */
  namedModules(prefix = "", seen = new Set<Module<unknown>>()): [string, Module<unknown>][] {
    if (seen.has(this)) return [];
    seen.add(this);
    const below = this.namedChildren().flatMap(([name, child]) => child.namedModules(joinPath(prefix, name), seen));
    return [[prefix, this], ...below];
  }

  namedParameters(): [string, Tensor][] {
    return this.#namedTensors("parameter");
  }

  namedBuffers(): [string, Tensor][] {
    return this.#namedTensors("buffer");
  }

  parameters(): Tensor[] {
    return this.namedParameters().map(([, value]) => value);
  }

  /** Calls `fn` on this module and all below it, children first. */
  apply(fn: (module: Module<unknown>) => void): this {
    for (const [, child] of this.namedChildren()) child.apply(fn);
    fn(this);
    return this;
  }

  train(isTraining = true): this {
    return this.apply((module) => {
      module.isTraining = isTraining;
    });
  }

  eval(): this {
    return this.train(false);
  }

  /** Parameters and buffers by checkpoint name, in PyTorch's order. Handles, not copies. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#namedTensors(undefined));
  }

  /**
   * Copies values, a file's or another module's `stateDict()`, into parameters and buffers of the same names. Strict by default:
   * every name must match.
   * @throws StateDictError listing all missing, unexpected and mismatched names at once; nothing is changed then.
   */
  loadStateDict(source: ModuleState, options: LoadOptions = {}): LoadReport {
    return loadInto(this.stateDict(), source, options);
  }

  /** How other projects call this module's state: `load` translates. Tables are tried in order. */
  get keyTables(): readonly KeyTable[] {
    return [];
  }

  /**
   * Loads a checkpoint: safetensors (also in shards), PyTorch's .pth/.pt/.bin, NumPy's .npz or a Keras model of TensorFlow.js,
   * from a path (in Node), an address, a Blob or bytes. The format is told by the contents; nothing in the file is executed.
   * Names are freed from what training loops put around them, and translated by `keyTables`.
   * @throws FileFormatError if it can't be read. @throws StateDictError if names or shapes differ; nothing is changed then.
   */
  async load(source: WeightsSource, options: LoadFileOptions = {}): Promise<LoadReport> {
    // On demand, so that programs which never load don't carry the readers.
    const { loadWeights } = await import("../io/readers");
    const { weights, rules } = await loadWeights(source, this, options.ema);
    return { ...this.loadStateDict(weights, options), rules };
  }

  /** Moves parameters and buffers to `device`, in place. */
  async to(device: Device): Promise<this> {
    for (const [, module] of this.namedModules()) {
      dropDerived(module);
      for (const [name, value] of ownTensors(module)) {
        if (value.device === device) continue;
        const moved = await value.to(device);
        moved.owner?.disown(moved);
        copyRole(value, moved);
        (module as unknown as Record<string, Tensor>)[name] = moved;
        dropDerived(value);
        value.dispose();
      }
    }
    return this;
  }

  /** Frees parameters and buffers. */
  dispose(): void {
    for (const value of this.stateDict().values()) {
      dropDerived(value);
      value.dispose();
    }
    for (const [, module] of this.namedModules()) dropDerived(module);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The tree as PyTorch's `print(model)` shows it. */
  toString(): string {
    return printModule(this);
  }

  #namedTensors(role: "parameter" | "buffer" | undefined): [string, Tensor][] {
    return this.namedModules().flatMap(([path, module]) =>
      ownTensors(module)
        .filter(([, value]) => role === undefined || roleOf(value) === role)
        .map(([name, value]): [string, Tensor] => [joinPath(path, name), value]),
    );
  }
}

const joinPath = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}.${name}`);

/** Parameters first, then buffers, as PyTorch lists them. */
function ownTensors(module: Module<unknown>): [string, Tensor][] {
  const own = Object.entries(module).filter(
    (entry): entry is [string, Tensor] => entry[1] instanceof Tensor && roleOf(entry[1]) !== undefined,
  );
  const rank = ([, value]: [string, Tensor]) => (roleOf(value) === "parameter" ? 0 : 1);
  return own.sort((a, b) => rank(a) - rank(b));
}

function callLayer<T>(layer: Module<unknown>, forward: () => T): T {
  return asLayer(layer, () => {
    const output = scoped(forward);
    notifyLayerObservers(layer, output);
    return output;
  });
}

/** Runs `fn` as part of `layer`, whose path errors then name. For code that stands in for the layer's own `forward`. */
export function asLayer<T>(layer: Module<unknown>, fn: () => T): T {
  return insideLayer(layer, () => {
    try {
      return fn();
    } catch (error) {
      if (error instanceof VertebraError && !(error instanceof StateDictError)) error.locate(`${currentLayer()}`);
      throw error;
    }
  });
}
