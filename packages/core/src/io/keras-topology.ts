import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import type { JsonValue } from "./strict-json";

/** What is known of a layer without running the model. */
interface Layer {
  readonly type: string;
  readonly config: ReadonlyMap<string, JsonValue>;
  /** Names of the layers that it reads. */
  readonly inputs: readonly string[];
}

/** Layers that leave channels, and the order of a flattened map's elements, as they are. */
const KEEPS_CHANNELS =
  /^(?:Max|Average|GlobalAverage|GlobalMax)Pooling2D$|^(?:ZeroPadding2D|Cropping2D|UpSampling2D|DepthwiseConv2D)$/;
const ELEMENTWISE = /^(?:Activation|ReLU|LeakyReLU|ELU|Softmax|Dropout|SpatialDropout2D|GaussianNoise|GaussianDropout)$/;
const JOINS = /^(?:Add|Average|Maximum|Minimum|Multiply|Subtract)$/;

/** Layers between Flatten and one that says its channels; more would be as good as a circle. */
const MAX_DEPTH = 1000;

/** The layers of a Keras model by name, as its JSON lists them: a graph (Functional) or a sequence. */
export class KerasTopology {
  readonly #layers = new Map<string, Layer>();
  readonly #channels = new Map<string, number>();
  readonly #where: string;

  /** @param topology `modelTopology` of a model.json; models inside of models count as well. */
  constructor(topology: JsonValue | undefined, where: string) {
    this.#where = where;
    const root = asMap(topology);
    this.#add(root.has("model_config") ? asMap(root.get("model_config")) : root);
  }

  /** Of a batch norm: what it adds to the variance. Undefined for an unknown layer. Keras's default: 1e-3. */
  epsOf(name: string): number | undefined {
    const layer = this.#layers.get(name);
    if (!layer || !/BatchNormalization/.test(layer.type)) return undefined;
    const eps = layer.config.get("epsilon");
    return typeof eps === "number" ? eps : 1e-3;
  }

  /**
   * Channels C of the map [H, W, C] that a dense layer reads flattened; undefined where it reads no map.
   * @throws FileFormatError where a layer between makes that unknowable.
   */
  channelsFlattenedInto(name: string): number | undefined {
    let [layer, from] = [this.#layers.get(name), name];
    for (let steps = 0; layer && layer.type !== "Flatten"; steps++) {
      // A chain that never ends reads itself.
      if (steps > this.#layers.size) return undefined;
      if (from !== name && layer.type === "BatchNormalization" && this.#flattens(from)) {
        throw this.#unknown(from, "no batch norm between Flatten and the dense layer");
      }
      if (from !== name && !ELEMENTWISE.test(layer.type)) return undefined;
      from = layer.inputs[0] ?? "";
      layer = this.#layers.get(from);
    }
    return layer ? this.#channelsInto(from) : undefined;
  }

  #flattens(name: string): boolean {
    return this.#layers.get(this.#layers.get(name)?.inputs[0] ?? "")?.type === "Flatten";
  }

  /** Channels of what a layer reads. */
  #channelsInto(name: string): number {
    const input = this.#layers.get(name)?.inputs[0];
    return this.#channelsOf(input ?? "", 0);
  }

  /** Asked once for each layer: joins of joins would otherwise double with every step. */
  #channelsOf(name: string, depth: number): number {
    const known = this.#channels.get(name) ?? this.#findChannels(name, depth);
    this.#channels.set(name, known);
    return known;
  }

  #findChannels(name: string, depth: number): number {
    const layer = this.#layers.get(name);
    if (!layer || depth > MAX_DEPTH) throw this.#unknown(name, "known channels in front of Flatten");
    const { type, config, inputs } = layer;
    if (typeof config.get("filters") === "number") return config.get("filters") as number;
    if (typeof config.get("units") === "number") return config.get("units") as number;
    const shape = config.get("batch_input_shape") ?? config.get("batch_shape");
    const last = Array.isArray(shape) ? (shape as readonly JsonValue[]).at(-1) : undefined;
    if (inputs.length === 0 && typeof last === "number") return last;
    const isKept = KEEPS_CHANNELS.test(type) || ELEMENTWISE.test(type) || JOINS.test(type) || type === "BatchNormalization";
    if (type === "Concatenate") return inputs.reduce((sum, input) => sum + this.#channelsOf(input, depth + 1), 0);
    if (!isKept || inputs.length === 0) throw this.#unknown(name, "known channels in front of Flatten");
    const multiplier = type === "DepthwiseConv2D" ? config.get("depth_multiplier") : 1;
    return this.#channelsOf(inputs[0] as string, depth + 1) * (typeof multiplier === "number" ? multiplier : 1);
  }

  #unknown(name: string, what: string): FileFormatError {
    const layer = this.#layers.get(name);
    return new FileFormatError(this.#where, {
      rule: `the topology must have ${what}`,
      got: `${shownName(name)} of type ${layer ? layer.type : "unknown"}`,
    });
  }

  #add(model: ReadonlyMap<string, JsonValue>): void {
    const config = model.get("config");
    const listed = Array.isArray(config) ? config : asMap(config).get("layers");
    if (!Array.isArray(listed)) return;
    let before: string | undefined;
    for (const row of listed as readonly JsonValue[]) {
      const layer = asMap(row);
      const own = asMap(layer.get("config"));
      const name = [own.get("name"), layer.get("name")].find((one) => typeof one === "string") as string | undefined;
      const type = layer.get("class_name");
      if (name === undefined || typeof type !== "string") continue;
      // A sequence lists no inputs: each layer reads the one before.
      const inputs = layer.has("inbound_nodes") ? sourcesOf(layer.get("inbound_nodes")) : before === undefined ? [] : [before];
      this.#layers.set(name, { type, config: own, inputs });
      before = name;
      if (own.has("layers")) this.#add(layer);
    }
  }
}

const asMap = (value: JsonValue | undefined): ReadonlyMap<string, JsonValue> =>
  value instanceof Map ? (value as ReadonlyMap<string, JsonValue>) : new Map<string, JsonValue>();

/** Names in `inbound_nodes`: [[["name", 0, 0, {}], …]], or since Keras 3 [{args: [{config: {keras_history: ["name", 0, 0]}}]}]. */
function sourcesOf(value: JsonValue | undefined): string[] {
  if (value instanceof Map) return [...(value as ReadonlyMap<string, JsonValue>).values()].flatMap(sourcesOf);
  if (!Array.isArray(value)) return [];
  const [name, index] = value as readonly JsonValue[];
  if (typeof name === "string" && typeof index === "number") return [name];
  return (value as readonly JsonValue[]).flatMap(sourcesOf);
}
