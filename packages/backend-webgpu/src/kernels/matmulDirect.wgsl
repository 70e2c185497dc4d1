// y[m, n] = Σ a[m, k] · b[k, n] for each matrix of a batch, in the order of k: an element an invocation. For products too small for tiles.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

struct Params {
  m: u32,
  k: u32,
  n: u32,
  elements: u32, // of y
  // Elements from one row of a to the next, from one k to the next; from one k of b to the next, from one column to the next.
  aRow: u32,
  aStep: u32,
  bStep: u32,
  bColumn: u32,
  rank: u32,
  batch: array<vec4<u32>, 8>, // size, elements from one matrix of a to the next, the same of b
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<T>;
@group(0) @binding(2) var<storage, read> b: array<T>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let element = (group.y * groups.x + group.x) * 64u + local;
  if (element >= params.elements) { return; }
  let column = element % params.n;
  let row = element / params.n % params.m;
  var at = startsOf(element / (params.n * params.m)) + vec2<u32>(row * params.aRow, column * params.bColumn);
  var sum = 0.0f;
  for (var k = 0u; k < params.k; k++) {
    sum = fma(f32(a[at.x]), f32(b[at.y]), sum);
    at += vec2<u32>(params.aStep, params.bStep);
  }
  y[element] = T(sum);
}

// Where the entry's matrices of a and b begin.
fn startsOf(entry: u32) -> vec2<u32> {
  var rest = entry;
  var starts = vec2<u32>();
  for (var axis = params.rank; axis > 0u; axis--) {
    let row = params.batch[axis - 1u];
    starts += (rest % row.x) * row.yz;
    rest /= row.x;
  }
  return starts;
}
