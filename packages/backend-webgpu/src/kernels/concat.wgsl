// Up to seven parts side by side in y. As matrices of equally many rows: a row of y from column `begin` on is a row of every part in
// turn. Moves bits: an element is a Unit, or PER_WORD of them are a word, and then the launch makes all of y. An invocation makes four
// words, a workgroup apart.

override PER_WORD = 1u;
override BITS = 32u / PER_WORD;
override MASK = 0xffffffffu >> (32u - BITS);

// The plan puts vec4<u32> here where all rows are whole quads.
alias Unit = u32;

const SIZE = 64u;
const WRITES = 4u;

struct Params {
  elements: u32, // of this launch
  columns: u32, // of this launch
  yColumns: u32,
  begin: u32,
  ends: array<vec4<u32>, 2>, // the column behind each part, counted from `begin`
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Unit>;
@group(0) @binding(2) var<storage, read> b: array<Unit>;
@group(0) @binding(3) var<storage, read> c: array<Unit>;
@group(0) @binding(4) var<storage, read> d: array<Unit>;
@group(0) @binding(5) var<storage, read> e: array<Unit>;
@group(0) @binding(6) var<storage, read> f: array<Unit>;
@group(0) @binding(7) var<storage, read> g: array<Unit>;
@group(0) @binding(8) var<storage, read_write> y: array<Unit>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (group.y * groups.x + group.x) * SIZE * WRITES + local;
  for (var k = 0u; k < WRITES; k++) {
    let at = (first + k * SIZE) * PER_WORD;
    if (at < params.elements) {
      let row = at / params.columns;
      y[(row * params.yColumns + params.begin + at % params.columns) / PER_WORD] = unitAt(at);
    }
  }
}

fn unitAt(at: u32) -> Unit {
  var unit = Unit();
  for (var j = 0u; j < PER_WORD; j++) {
    // Past the end the last element is taken again: its neighbours are nobody's.
    unit |= elementAt(min(at + j, params.elements - 1u)) << Unit(j * BITS);
  }
  return unit;
}

fn elementAt(at: u32) -> Unit {
  let row = at / params.columns;
  let column = at % params.columns;
  var part = 0u;
  var start = 0u;
  var end = params.ends[0].x;
  while (column >= end) {
    part++;
    start = end;
    end = params.ends[part / 4u][part % 4u];
  }
  let source = row * (end - start) + column - start;
  return (partAt(part, source / PER_WORD) >> Unit((source % PER_WORD) * BITS)) & Unit(MASK);
}

fn partAt(part: u32, at: u32) -> Unit {
  switch (part) {
    case 0u: { return a[at]; }
    case 1u: { return b[at]; }
    case 2u: { return c[at]; }
    case 3u: { return d[at]; }
    case 4u: { return e[at]; }
    case 5u: { return f[at]; }
    default: { return g[at]; }
  }
}
