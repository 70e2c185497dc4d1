// y[o] = combine of all terms x[kept(o) + reduced(t)], t < terms: sums, products and largest values. x and y as words of 32 bits.
//
// A workgroup of 256 makes 256 / lanes results: `lanes` invocations share one, each with four accumulators, joined in a tree. Along
// contiguous terms (rows) the lanes of a result are neighbours, along contiguous results (columns) its neighbours are the next
// results', so that neighbours read neighbouring words either way. With parts > 1 a result's terms are cut and y is [parts, outputs].

// 0: sum of f32, 1: sum of i32, 2: largest f32, 3: largest i32, 4: product of f32.
override OP = 0u;
// Whether sizes and steps count quads of four terms side by side, which are read at once.
override VECTOR = false;

const SIZE = 256u;

struct Params {
  outputs: u32,
  // Per result, in quads if VECTOR.
  terms: u32,
  // Workgroups for one part of all results.
  tiles: u32,
  parts: u32,
  // Loads of four terms by each invocation for its part.
  rounds: u32,
  // Invocations that share a result, a power of 2.
  lanes: u32,
  // 1 if neighbouring invocations take neighbouring results rather than terms.
  columns: u32,
  keptAxes: u32,
  reducedAxes: u32,
  reserved0: u32,
  reserved1: u32,
  reserved2: u32,
  // Size and step of two axes in each: the kept ones, then those reduced over; at least one of each.
  axes: array<vec4<u32>, 8>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

var<workgroup> partial: array<u32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lanes = params.lanes;
  let isColumns = params.columns == 1u;
  let perGroup = SIZE / lanes;
  let at = group.y * groups.x + group.x;
  let part = at / params.tiles;
  let output = (at % params.tiles) * perGroup + select(local / lanes, local % perGroup, isColumns);
  let lane = select(local % lanes, local / perGroup, isColumns);
  let isMine = part < params.parts && output < params.outputs;

  var total = vec4<u32>(neutral());
  if (isMine) {
    let base = offsetOf(output, 0u, params.keptAxes);
    let perRound = lanes * select(4u, 1u, VECTOR);
    let start = part * params.rounds * perRound;
    let end = min(params.terms, start + params.rounds * perRound);
    for (var t = start + lane; t < end; t += perRound) {
      total = combine(total, fourTerms(base, t, end));
    }
  }
  let pairs = combine(total, total.zwxy);
  partial[local] = combine(pairs, pairs.yxwz).x;

  let apart = select(1u, perGroup, isColumns);
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial[local] = combine(vec4<u32>(partial[local]), vec4<u32>(partial[local + half * apart])).x;
    }
  }
  if (isMine && lane == 0u) {
    y[part * params.outputs + output] = bitsOf(partial[local]);
  }
}

fn fourTerms(base: u32, t: u32, end: u32) -> vec4<u32> {
  if (VECTOR) {
    let quad = x[base + offsetOf(t, params.keptAxes, params.reducedAxes)];
    return vec4<u32>(valueOf(quad.x), valueOf(quad.y), valueOf(quad.z), valueOf(quad.w));
  }
  return vec4<u32>(
    term(base, t, end),
    term(base, t + params.lanes, end),
    term(base, t + 2u * params.lanes, end),
    term(base, t + 3u * params.lanes, end),
  );
}

fn term(base: u32, t: u32, end: u32) -> u32 {
  if (t >= end) {
    return neutral();
  }
  let at = base + offsetOf(t, params.keptAxes, params.reducedAxes);
  return valueOf(x[at / 4u][at % 4u]);
}

// Where the index lies that counts along `count` axes from `first`; the outermost needs no division.
fn offsetOf(index: u32, first: u32, count: u32) -> u32 {
  var rest = index;
  var at = 0u;
  for (var axis = first + count - 1u; axis > first; axis--) {
    let row = axisAt(axis);
    at += (rest % row.x) * row.y;
    rest /= row.x;
  }
  return at + rest * axisAt(first).y;
}

fn axisAt(axis: u32) -> vec2<u32> {
  let pair = params.axes[axis / 2u];
  return select(pair.xy, pair.zw, axis % 2u == 1u);
}

fn neutral() -> u32 {
  switch (OP) {
    case 2u, 3u: { return 0x80000000u; }
    case 4u: { return 0x3f800000u; }
    default: { return 0u; }
  }
}

fn combine(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  switch (OP) {
    case 0u: { return bitcast<vec4<u32>>(bitcast<vec4<f32>>(a) + bitcast<vec4<f32>>(b)); }
    case 1u: { return a + b; }
    case 4u: { return bitcast<vec4<u32>>(bitcast<vec4<f32>>(a) * bitcast<vec4<f32>>(b)); }
    default: { return bitcast<vec4<u32>>(max(bitcast<vec4<i32>>(a), bitcast<vec4<i32>>(b))); }
  }
}

// Floats are compared by integers of the same order with NaN on top: WGSL promises nothing about comparing NaN and infinities.
fn valueOf(bits: u32) -> u32 {
  if (OP != 2u) {
    return bits;
  }
  let isNan = (bits & 0x7fffffffu) > 0x7f800000u;
  return select(ordered(bits), 0x7fffffffu, isNan);
}

fn bitsOf(value: u32) -> u32 {
  return select(value, ordered(value), OP == 2u);
}

// Turns the order of negative floats around; its own inverse.
fn ordered(bits: u32) -> u32 {
  return bits ^ select(0u, 0x7fffffffu, (bits >> 31u) == 1u);
}
