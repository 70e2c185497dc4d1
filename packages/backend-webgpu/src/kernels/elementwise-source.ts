import type { DType } from "@vertebra/core";
import { MAX_AXES } from "@vertebra/core/plan";
import { ELEMENTWISE_MATH } from "./elementwise-math";

/** How a kernel reads an operand or writes the result: as numbers, f16 computed with as f32, or as bits of a size. */
export type Kind = "f32" | "f16" | "i32" | "bits32" | "bits16" | "bits8";

/** How an operand runs along the result: element by element, one for all, or by steps along axes. */
export type Walk = "each" | "one" | "steps";

export interface ElementwiseSource {
  readonly name: string;
  /** Of `a`, `b`, `c` and the params `p.x` …, one element. */
  readonly expression: string;
  readonly operands: readonly { readonly kind: Kind; readonly walk: Walk }[];
  readonly result: Kind;
}

const NAMES = ["a", "b", "c"];
const ELEMENT: { readonly [K in Kind]: string } = {
  f32: "f32",
  f16: "f16",
  i32: "i32",
  bits32: "u32",
  bits16: "u32",
  bits8: "u32",
};
/** A storage array never has elements under 32 bits; those are found in words. */
const PER_WORD: { readonly [K in Kind]: number } = { f32: 1, f16: 1, i32: 1, bits32: 1, bits16: 2, bits8: 4 };

export const kindOf = (dtype: DType): Kind => {
  const kinds: { readonly [D in DType]?: Kind } = {
    f32: "f32",
    i32: "i32",
    f16: "f16",
    bf16: "bits16",
    u8: "bits8",
    bool: "bits8",
  };
  return kinds[dtype] as Kind;
};

/**
 * The kernel y = f(a, b, c) around a one-line expression. An invocation makes four elements, which is a vec4 of 32-bit elements,
 * two words of 16-bit ones, one of bytes; buffers are long enough for a last vec4 past the end.
 */
export function elementwiseSource({ name, expression, operands, result }: ElementwiseSource): string {
  const hasSteps = operands.some(({ walk }) => walk === "steps");
  const names = NAMES.slice(0, operands.length);
  const parameters = operands.map(({ kind }, i) => `${names[i]}: ${computedAs(kind)}`).join(", ");
  const hasHalf = [result, ...operands.map(({ kind }) => kind)].includes("f16");
  const buffers = operands.map(
    ({ kind, walk }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, read> ${names[i]}_: array<${wordsOf(kind, walk === "each")}>;`,
  );
  const values = operands.map(({ kind, walk }, i) => elementOf(names[i] as string, kind, walk, i));
  return `${hasHalf ? "enable f16;\n" : ""}// ${name}: y = ${expression}, element by element.
struct Params {
  elements: u32,
  rank: u32,
  p: vec2<f32>,
  axes: array<vec4<u32>, ${MAX_AXES}>, // size, then each operand's step
}
@group(0) @binding(0) var<uniform> params: Params;
${buffers.join("\n")}
@group(0) @binding(${operands.length + 1}) var<storage, read_write> y: array<${wordsOf(result, true)}>;
${ELEMENTWISE_MATH}
fn f(${parameters}) -> ${computedAs(result)} {
  let p = params.p;
  return ${expression};
}
${hasSteps ? OFFSETS : ""}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad * 4u >= params.elements) { return; }
${hasSteps ? "  let last = params.elements - 1u;\n" : ""}${[0, 1, 2, 3].map((j) => element(j, values, names, hasSteps)).join("")}  ${store(result)}
}
`;
}

/** The type that an element is computed with. */
const computedAs = (kind: Kind): string => (kind === "f16" ? "f32" : ELEMENT[kind]);

function wordsOf(kind: Kind, isVector: boolean): string {
  const scalar = PER_WORD[kind] === 1 ? ELEMENT[kind] : "u32";
  const perQuad = 4 / PER_WORD[kind];
  return isVector && perQuad > 1 ? `vec${perQuad}<${scalar}>` : scalar;
}

type Value = (j: number) => string;

/** The expression for an operand's j-th element of the quad. */
function elementOf(name: string, kind: Kind, walk: Walk, operand: number): Value {
  const at = (index: string) => {
    if (kind === "f16") return `f32(${name}_[${index}])`;
    if (PER_WORD[kind] === 1) return `${name}_[${index}]`;
    if (kind === "bits16") return `((${name}_[(${index}) / 2u] >> (((${index}) % 2u) * 16u)) & 0xffffu)`;
    return `((${name}_[(${index}) / 4u] >> (((${index}) % 4u) * 8u)) & 0xffu)`;
  };
  if (walk === "one") return () => at("0u");
  if (walk === "steps") return (j) => at(`at${j}.${"xyz"[operand]}`);
  if (kind === "f16") return (j) => `f32(${name}_[quad].${"xyzw"[j]})`;
  if (PER_WORD[kind] === 1) return (j) => `${name}_[quad].${"xyzw"[j]}`;
  if (kind === "bits16") return (j) => `((${name}_[quad].${"xy"[j >> 1]} >> ${(j % 2) * 16}u) & 0xffffu)`;
  return (j) => `((${name}_[quad] >> ${j * 8}u) & 0xffu)`;
}

function element(j: number, values: readonly Value[], names: readonly string[], hasSteps: boolean): string {
  const arguments_ = names.map((_, i) => values[i]?.(j)).join(", ");
  // Past the end the last element is made again: its neighbours are nobody's.
  const offset = hasSteps ? `  let at${j} = offsets(min(quad * 4u + ${j}u, last));\n` : "";
  return `${offset}  let y${j} = f(${arguments_});\n`;
}

function store(kind: Kind): string {
  if (kind === "bits8") return "y[quad] = y0 | (y1 << 8u) | (y2 << 16u) | (y3 << 24u);";
  if (kind === "bits16") return "y[quad] = vec2<u32>(y0 | (y1 << 16u), y2 | (y3 << 16u));";
  return `y[quad] = vec4<${ELEMENT[kind]}>(vec4<${computedAs(kind)}>(y0, y1, y2, y3));`;
}

const OFFSETS = `
// Where each operand has what element e of the result needs.
fn offsets(e: u32) -> vec3<u32> {
  var rest = e;
  var at = vec3<u32>();
  for (var axis = params.rank; axis > 0u; axis--) {
    let row = params.axes[axis - 1u];
    at += (rest % row.x) * row.yzw;
    rest /= row.x;
  }
  return at;
}
`;
