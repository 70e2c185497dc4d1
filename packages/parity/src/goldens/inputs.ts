import {
  type Device,
  type DType,
  decode,
  expand,
  type HostTensor,
  permute,
  reshape,
  sliceAxis,
  type Tensor,
  tensor,
  toMemoryTensor,
  transpose,
} from "@vertebra/core";
import { Lacking } from "./attrs";

/** Tensors of a golden row, by name with aliases. Remembers what was taken: one that nobody asks for is one that we lack. */
export class Inputs {
  readonly #unread: Set<string>;

  constructor(readonly tensors: ReadonlyMap<string, Tensor>) {
    this.#unread = new Set(tensors.keys());
  }

  /** The first of `names` that is there; undefined if none is. */
  optional(...names: string[]): Tensor | undefined {
    const name = names.find((candidate) => this.tensors.has(candidate));
    if (name === undefined) return undefined;
    this.#unread.delete(name);
    return this.tensors.get(name);
  }

  /** As `optional`, or else the first tensor not yet taken. @throws Lacking if there is none. */
  take(...names: string[]): Tensor {
    const found = this.optional(...names) ?? this.optional([...this.#unread][0] ?? "");
    if (found) return found;
    throw new Lacking(`a row without input ${names[0]}`);
  }

  /** The name of the one that holds no numbers: a mask. */
  get mask(): string {
    return [...this.tensors].find(([, { dtype }]) => dtype === "bool" || dtype === "u8")?.[0] ?? "mask";
  }

  /** All not yet taken, in the order of the number in their names. */
  all(): [name: string, value: Tensor][] {
    const found = [...this.tensors].filter(([name]) => this.#unread.has(name));
    this.#unread.clear();
    return found.sort(([a], [b]) => numberIn(a) - numberIn(b));
  }

  /** @throws Lacking naming the tensors nobody asked for. */
  requireAllRead(): void {
    if (this.#unread.size > 0) throw new Lacking(`input ${[...this.#unread].join(", ")}`);
  }
}

/** The last number in a name: 2 in `x2`. */
export const numberIn = (name: string): number => Number(/(\d+)\D*$/.exec(name)?.[1] ?? 0);

/** A stored tensor on `device`: floats in the device's dtype, integers as i32. */
export function upload(name: string, stored: HostTensor, device: Device): Tensor {
  const { dtype, shape, bytes } = toMemoryTensor("goldens", name, stored);
  return tensor(decode(bytes, dtype), { shape, device, dtype: isFloat(dtype) ? device.floatDtype : dtype });
}

const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64" || dtype === "f16" || dtype === "bf16";

/** The view of a stored tensor that a row asks for: one step, or a list of them. */
export function viewOf(x: Tensor, view: unknown): Tensor {
  if (!Array.isArray(view)) throw new Lacking(`view ${JSON.stringify(view)}`);
  return Array.isArray(view[0]) ? view.reduce<Tensor>(viewStep, x) : viewStep(x, view);
}

function viewStep(x: Tensor, step: unknown): Tensor {
  const [kind, ...rest] = step as [unknown, ...unknown[]];
  const numbers = rest.flat() as (number | null)[];
  const at = (i: number, byDefault = 0) => numbers[i] ?? byDefault;
  switch (kind) {
    case "permute":
      return permute(x, numbers as number[]);
    case "transpose":
      return transpose(x, at(0), at(1));
    case "slice":
      return sliceAxis(x, at(0), at(1), at(2, Number.MAX_SAFE_INTEGER), at(3, 1));
    case "expand": {
      const missing = numbers.length - x.shape.length;
      return expand(
        x,
        numbers.map((size, axis) => (size === -1 ? (x.shape[axis - missing] as number) : (size as number))),
      );
    }
    case "reshape":
    case "view":
      return reshape(x, numbers as number[]);
    default:
      throw new Lacking(`view "${String(kind)}"`);
  }
}
