// y[i] = x[start + Σ index · step]: permute, slice, expand and the like as one gather. Moves bits: an element is a Unit, or PER_WORD of
// them are a word. An invocation makes four words of y, a workgroup apart.

override PER_WORD = 1u;
override BITS = 32u / PER_WORD;
override MASK = 0xffffffffu >> (32u - BITS);

// The plan puts vec4<u32> here where rows, steps and start are whole quads.
alias Unit = u32;

const SIZE = 64u;
const WRITES = 4u;

struct Params {
  elements: u32,
  start: u32,
  rank: u32,
  reserved: u32,
  axes: array<vec4<u32>, 4>, // size and step of two axes in each; at least one axis
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Unit>;
@group(0) @binding(2) var<storage, read_write> y: array<Unit>;

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
      y[at] = unitAt(at);
    }
  }
}

fn unitAt(at: u32) -> Unit {
  var unit = Unit();
  for (var j = 0u; j < PER_WORD; j++) {
    // Past the end the last element is taken again: its neighbours are nobody's.
    let source = offsetOf(min(at * PER_WORD + j, params.elements - 1u));
    let element = (x[source / PER_WORD] >> Unit((source % PER_WORD) * BITS)) & Unit(MASK);
    unit |= element << Unit(j * BITS);
  }
  return unit;
}

// The outermost axis needs no division.
fn offsetOf(index: u32) -> u32 {
  var rest = index;
  var at = params.start;
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
