import { noGrad } from "./autograd";
import { currentDevice } from "./device";
import { DTYPES } from "./dtype";
import { zeros } from "./functional/creation";
import { withFusion } from "./fusion";
import { Fields, type ReceptiveField } from "./lint/receptive-field";
import type { Module } from "./nn/module";
import { roleOf } from "./nn/parameter";
import { type OpCall, observe, observeLayers } from "./observe";
import { scoped } from "./scope";
import type { Shape } from "./shape";
import { Tensor } from "./tensor";

/** One call of a layer without layers of its own, or of one that has parameters or products besides those of its layers. */
export interface LayerSummary {
  /**
   * Name in checkpoints: `layer2.0.conv1`; that of the module around it for a layer which is none of its children, so empty for
   * the model itself and what it calls besides its layers.
   */
  readonly path: string;
  readonly type: string;
  readonly output: Shape;
  /** Parameters of the layer itself; 0 when it is called again. */
  readonly params: number;
  /** Multiply-accumulates of convolutions and matrix products. */
  readonly macs: number;
  /** Bytes of the output. */
  readonly activationBytes: number;
  /** What one position of the output sees of the input: of this call; null for what is no map [N, C, H, W]. */
  readonly receptiveField: ReceptiveField | null;
}

/** What a model does with one input: the numbers of the layers add up to the model's. */
export interface ModelSummary {
  readonly model: string;
  readonly params: number;
  readonly macs: number;
  readonly input: Shape;
  readonly output: Shape;
  /** In the order in which they return. */
  readonly layers: readonly LayerSummary[];
}

/**
 * Shapes, parameters and multiply-accumulates of a model for an input of `inputShape`, by running it at evaluation without
 * fused kernels. Build the model on the meta device (`openMeta()`) to need neither memory nor time.
 */
export function summarize(model: Module<unknown>, inputShape: Shape, options: { readonly name?: string } = {}): ModelSummary {
  const params = model.parameters();
  const device = params[0]?.device ?? currentDevice();
  const { output, layers } = atEvaluation(model, () =>
    noGrad(() =>
      scoped(() => {
        const x = zeros(inputShape, { device });
        const rows = new Rows(x);
        const run = () => withFusion(false, () => model.forward(x));
        const result = observeLayers(
          ({ layer, module, output }) => rows.addCall(layer, module as Module<unknown>, output),
          () => observe((op) => rows.addOp(op), run),
        );
        return { output: specOf(result).shape, layers: rows.layers };
      }),
    ),
  );
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const elements = params.reduce((sum, value) => sum + value.elements, 0);
  return { model: options.name ?? model.typeName, params: elements, macs, input: inputShape, output, layers };
}

/** Collects rows: a layer's ops come before the call itself returns. */
class Rows {
  readonly layers: LayerSummary[] = [];
  readonly #fields: Fields;
  readonly #macs = new Map<string, number>();
  readonly #counted = new Set<Tensor>();

  constructor(input: Tensor) {
    this.#fields = new Fields(input);
  }

  addOp(call: OpCall): void {
    this.#macs.set(call.layer, (this.#macs.get(call.layer) ?? 0) + call.macs);
    this.#fields.add(call);
  }

  addCall(path: string, module: Module<unknown>, output: unknown): void {
    const macs = this.#macs.get(path) ?? 0;
    this.#macs.delete(path);
    const params = this.#countParams(module);
    if (module.namedChildren().length > 0 && params === 0 && macs === 0) return;
    const { shape, bytes } = specOf(output);
    const receptiveField = (output instanceof Tensor && this.#fields.ofMap(output)) || null;
    this.layers.push({ path, type: module.typeName, output: shape, params, macs, activationBytes: bytes, receptiveField });
  }

  #countParams(module: Module<unknown>): number {
    const own = Object.values(module).filter(
      (value): value is Tensor => value instanceof Tensor && roleOf(value) === "parameter",
    );
    const fresh = own.filter((value) => !this.#counted.has(value));
    for (const value of fresh) this.#counted.add(value);
    return fresh.reduce((sum, value) => sum + value.elements, 0);
  }
}

/** Shape and bytes of an output: of the first tensor where there are several. */
function specOf(output: unknown): { shape: Shape; bytes: number } {
  if (output instanceof Tensor) return { shape: output.shape, bytes: output.elements * DTYPES[output.dtype].bytes };
  if (typeof output !== "object" || output === null) return { shape: [], bytes: 0 };
  const tensors = Object.values(output).filter((value) => value instanceof Tensor);
  const first = tensors[0] as Tensor | undefined;
  return { shape: first?.shape ?? [], bytes: tensors.reduce((sum, value) => sum + specOf(value).bytes, 0) };
}

/** Runs `fn` with the model at evaluation, and puts every layer's mode back. */
function atEvaluation<T>(model: Module<unknown>, fn: () => T): T {
  const training = model.namedModules().filter(([, module]) => module.isTraining);
  model.eval();
  try {
    return fn();
  } finally {
    for (const [, module] of training) module.isTraining = true;
  }
}
