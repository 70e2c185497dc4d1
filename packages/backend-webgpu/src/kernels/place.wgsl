// y is x with something around and between its elements: on each axis x's index k lies at before + k · step, and elsewhere is a constant,
// or x mirrored (without its edge) or its edge repeated. Moves bits: an element is a Unit, or PER_WORD of them are a word. An invocation
// makes four words of y, a workgroup apart.

override PER_WORD = 1u;
override BITS = 32u / PER_WORD;
override MASK = 0xffffffffu >> (32u - BITS);
// 0: constant, 1: mirrored, 2: edge.
override MODE = 0u;

// The plan puts vec4<u32> here where the innermost axis is whole quads.
alias Unit = u32;

const SIZE = 64u;
const WRITES = 4u;
const NOWHERE = 0xffffffffu;

struct Params {
  elements: u32,
  rank: u32,
  constant: u32, // its bits, repeated to a word
  reserved: u32,
  axes: array<vec4<u32>, 8>, // size in y, before, size in x, step; at least one axis
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
    // Past the end the last element is made again: its neighbours are nobody's.
    let source = sourceOf(min(at * PER_WORD + j, params.elements - 1u));
    var element = Unit(params.constant & MASK);
    if (source != NOWHERE) {
      element = (x[source / PER_WORD] >> Unit((source % PER_WORD) * BITS)) & Unit(MASK);
    }
    unit |= element << Unit(j * BITS);
  }
  return unit;
}

// The element of x that element `index` of y is.
fn sourceOf(index: u32) -> u32 {
  var rest = index;
  var at = 0u;
  var stride = 1u;
  var isInside = true;
  for (var axis = params.rank - 1u; axis > 0u; axis--) {
    let row = params.axes[axis];
    let k = along(row, rest % row.x);
    rest /= row.x;
    isInside = isInside && k < row.z;
    at += k * stride;
    stride *= row.z;
  }
  let k = along(params.axes[0], rest);
  return select(NOWHERE, at + k * stride, isInside && k < params.axes[0].z);
}

// The index along an axis of x that index `place` of y stems from; NOWHERE, past the end, if it is the constant.
fn along(row: vec4<u32>, place: u32) -> u32 {
  // In front of x this is a negative number, which is past every end.
  let k = place - row.y;
  let last = row.z - 1u;
  switch (MODE) {
    case 1u: { return select(select(k, 2u * last - k, k > last), row.y - place, place < row.y); }
    case 2u: { return select(min(k, last), 0u, place < row.y); }
    default: { return select(NOWHERE, k / row.w, k % row.w == 0u); }
  }
}
