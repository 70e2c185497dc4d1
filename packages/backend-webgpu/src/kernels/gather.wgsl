// y[i] = x[Σ index · step + indices[i] · indexStep], y lying like the indices. Out of range gives `missing`. Moves bits: PER_WORD
// elements of x and y are a word. An invocation makes four words of y, a workgroup apart.

override PER_WORD = 1u;
override BITS = 32u / PER_WORD;
override MASK = 0xffffffffu >> (32u - BITS);

const SIZE = 64u;
const WRITES = 4u;

struct Params {
  elements: u32,
  size: u32, // of x's indexed axis
  indexStep: u32,
  missing: u32,
  rank: u32,
  reserved0: u32,
  reserved1: u32,
  reserved2: u32,
  axes: array<vec4<u32>, 4>, // size and step of x of two axes in each, step 0 on the indexed one; at least one axis
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (group.y * groups.x + group.x) * SIZE * WRITES + local;
  for (var k = 0u; k < WRITES; k++) {
    let at = first + k * SIZE;
    if (at * PER_WORD < params.elements) {
      y[at] = wordAt(at);
    }
  }
}

fn wordAt(at: u32) -> u32 {
  var word = 0u;
  for (var j = 0u; j < PER_WORD; j++) {
    // Past the end the last element is taken again: its neighbours are nobody's.
    word |= elementAt(min(at * PER_WORD + j, params.elements - 1u)) << (j * BITS);
  }
  return word;
}

fn elementAt(at: u32) -> u32 {
  // A negative index is a large one, and out of range as well.
  let index = u32(indices[at]);
  if (index >= params.size) {
    return params.missing;
  }
  let source = offsetOf(at) + index * params.indexStep;
  return (x[source / PER_WORD] >> ((source % PER_WORD) * BITS)) & MASK;
}

// The outermost axis needs no division.
fn offsetOf(index: u32) -> u32 {
  var rest = index;
  var at = 0u;
  for (var axis = params.rank - 1u; axis > 0u; axis--) {
    let row = axisAt(axis);
    at += (rest % row.x) * row.y;
    rest /= row.x;
  }
  return at + rest * params.axes[0].y;
}

fn axisAt(axis: u32) -> vec2<u32> {
  let pair = params.axes[axis / 2u];
  return select(pair.xy, pair.zw, axis % 2u == 1u);
}
