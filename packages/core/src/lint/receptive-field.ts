import type { Module } from "../nn/module";
import { countElements, type Shape, sizeAt } from "../shape";
import type { Storage } from "../storage";
import { type AxisReads, type MapCall, spatialReads } from "./spatial";
import { type Trace, type TracedTensor, traceModel } from "./trace";

/** What one position of a feature map sees of the model's input, in pixels. */
export interface ReceptiveField {
  readonly size: readonly [height: number, width: number];
  /** Distance of the fields of two neighbouring positions. */
  readonly stride: readonly [height: number, width: number];
}

/**
 * Receptive field of each layer whose result is a map [N, C, H, W], by path; of a layer called more than once, that of its last
 * call (`summarize` has one for every call). A k × k window over maps of field r and stride s gives r + (k − 1) · s. Of branches that meet, the largest counts;
 * a factor without a place on the map (squeeze-and-excitation) doesn't, or every field were the whole image.
 * Source: Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks", equation 2.
 */
export function receptiveFields(model: Module<unknown>, inputShape: Shape): Map<string, ReceptiveField> {
  const trace = traceModel(model, inputShape);
  const fields = fieldsOf(trace);
  const layers = trace.layers.flatMap(({ path, outputs }): [string, ReceptiveField][] => {
    const field = outputs[0] && fields.ofMap(outputs[0]);
    return field ? [[path, field]] : [];
  });
  return new Map(layers);
}

export function fieldsOf({ input, calls }: Trace): Fields {
  const fields = new Fields(input);
  for (const call of calls) fields.add(call);
  return fields;
}

/** The field of each value that is made from `input` by moving over maps, in calls added in the order in which they run. */
export class Fields {
  readonly #maps: Map<Storage, MapField>;

  constructor({ storage, shape }: TracedTensor) {
    this.#maps = new Map([[storage, { field: { size: [1, 1], stride: [1, 1] }, map: mapSize(shape) }]]);
  }

  add(call: MapCall): void {
    const [x, y] = [call.inputs[0], call.outputs[0]];
    // The input seen differently, by reshape: it keeps its field.
    if (!y || y.storage === x?.storage) return;
    const found = outputField(call, this.#maps);
    if (found) this.#maps.set(y.storage, found);
  }

  of({ storage }: TracedTensor): ReceptiveField | undefined {
    return this.#maps.get(storage)?.field;
  }

  /** Of a map [N, C, H, W]; what isn't one sees all or has no place. */
  ofMap(value: TracedTensor): ReceptiveField | undefined {
    return value.shape.length === 4 ? this.of(value) : undefined;
  }
}

/** A field and the map that its positions are on, which a reshape hides for a while. */
interface MapField {
  readonly field: ReceptiveField;
  readonly map: string;
}

/** Height and width of [N, C, H, W]; empty for other shapes. */
const mapSize = (shape: Shape): string => (shape.length === 4 ? shape.slice(2).join("×") : "");

function outputField(call: MapCall, maps: ReadonlyMap<Storage, MapField>): MapField | undefined {
  const known = call.inputs.flatMap(({ storage, shape }) => {
    const found = maps.get(storage);
    return found ? [{ ...found, isMap: mapSize(shape) === found.map, area: countElements(shape.slice(2)) }] : [];
  });
  // Of a map and a factor for all of it, the map's counts.
  const largest = Math.max(...known.filter(({ isMap }) => isMap).map(({ area }) => area));
  const read = known.filter(({ isMap, area }) => isMap && area === largest).map(({ field }) => field);
  // Reshaped, such as channels laid out as rows: what happens there isn't a move over the map.
  if (read.length === 0) return known[0];
  const shape = call.outputs[0]?.shape ?? [];
  return { field: widen(widestOf(read), call), map: mapSize(shape) };
}

function widestOf(fields: readonly ReceptiveField[]): ReceptiveField {
  const widest = (key: keyof ReceptiveField, axis: 0 | 1) => Math.max(...fields.map((field) => field[key][axis]));
  return { size: [widest("size", 0), widest("size", 1)], stride: [widest("stride", 0), widest("stride", 1)] };
}

function widen({ size, stride }: ReceptiveField, call: MapCall): ReceptiveField {
  const reads = spatialReads(call) ?? reductionReads(call);
  if (!reads) return { size, stride };
  const [rows, columns] = reads;
  return {
    size: [size[0] + (rows.extent - 1) * stride[0], size[1] + (columns.extent - 1) * stride[1]],
    stride: [stride[0] * rows.stride, stride[1] * columns.stride],
  };
}

type Reads = Pick<AxisReads, "extent" | "stride">;

const REDUCTIONS = ["sum", "prod", "amax"];

/** A reduction over height or width sees all of it. */
function reductionReads({ op, inputs, outputs }: MapCall): readonly [Reads, Reads] | undefined {
  const [x, y] = [inputs[0]?.shape, outputs[0]?.shape];
  if (!REDUCTIONS.includes(op) || x?.length !== 4 || y?.length !== 4) return undefined;
  const along = (axis: number): Reads => {
    const all = sizeAt(y, axis) === 1 ? sizeAt(x, axis) : 1;
    return { extent: all, stride: all };
  };
  return [along(2), along(3)];
}
