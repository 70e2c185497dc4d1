import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Norm of a tensor, and its values at one and two thirds of the way. */
export type Digest = readonly [norm: number, first: number, second: number];

/** What PyTorch computes in float64 for a model with generated weights, and how far its own float32 is from that. */
export interface Golden {
  readonly shape: readonly [number, number, number, number];
  /** Of the input's random values. */
  readonly stream: number;
  readonly logits: readonly number[];
  /** Feature maps at evaluation. */
  readonly stages: Readonly<Record<string, { readonly shape: readonly number[]; readonly digest: Digest }>>;
  /** Of a training step, with auxiliary heads and without anything random. */
  readonly loss: number;
  /** Of all gradients together. */
  readonly gradsNorm: number;
  /** Every n-th parameter's gradient is in `grads`; 0 for one that is zero but for rounding. */
  readonly gradsEvery: number;
  readonly grads: readonly (Digest | 0)[];
  readonly statisticsEvery: number;
  readonly statistics: readonly Digest[];
  /**
   * Largest errors of PyTorch's float32: of logits relative to the largest, of the loss that of the outputs it is made from, of the
   * others in the 2-norm.
   */
  readonly errors: Readonly<Record<"logits" | "loss" | "stages" | "grads" | "zeroGrads" | "gradsNorm" | "statistics", number>>;
}

/** Facts of a model as PyTorch counts them. */
export interface Layout {
  readonly inputShape: readonly number[];
  readonly numClasses: number;
  readonly params: number;
  /** Of these, the auxiliary heads'. */
  readonly auxParams?: number;
  readonly macs: number;
  /** SHA-256 of the state dict's `name [shape]` lines in order. */
  readonly state: string;
  /** SHA-256 of `print(model)`. */
  readonly printed?: string;
}

const COMMITTED = fileURLToPath(new URL("../../goldens", import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** Of every model. */
export const layouts = read(join(COMMITTED, "layouts.json")) as Readonly<Record<string, Layout>>;

/** Larger models are left to the full set, so that tests run in 4 GiB; but for one VGG. */
const isQuick = (name: string): boolean => name === "vgg11_bn" || (layouts[name]?.params ?? 0) < 65e6;

/** Models that GOLDENS_MODELS names (`lenet5,vgg19`), however large they are. */
const named = process.env.GOLDENS_MODELS?.split(",");

/**
 * Those of the committed that run quickly, or all of a folder that `goldens/make_models.py --full` wrote and VERTEBRA_MODEL_GOLDENS
 * names (`pnpm parity:models`). GOLDENS_MODELS picks from either. @throws where it names one that isn't there.
 */
export function readGoldens(): Readonly<Record<string, Golden>> {
  const full = process.env.VERTEBRA_MODEL_GOLDENS;
  const folder = full ?? COMMITTED;
  const files = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "layouts.json");
  const goldens = files.flatMap((name) => Object.entries(read(join(folder, name)) as Record<string, Golden>));
  const unknown = named?.filter((name) => !goldens.some(([known]) => known === name)) ?? [];
  if (unknown.length > 0) throw new Error(`GOLDENS_MODELS must name models of ${folder}, got ${unknown}`);
  const isWanted = (name: string) => named?.includes(name) ?? (full !== undefined || isQuick(name));
  return Object.fromEntries(goldens.filter(([name]) => isWanted(name)));
}
