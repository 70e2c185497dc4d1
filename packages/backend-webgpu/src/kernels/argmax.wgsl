// y[o] = index of the largest of the line x[outer, ·, inner], o = outer · inner: the first of equals, the first NaN before all.
// x and y as words of 32 bits.
//
// A workgroup of 256 makes 256 / lanes results as in reduce.wgsl: `lanes` invocations share a line and join their best in a tree.
// With parts > 1 a line is cut and y is [parts, results]; a second launch finds the best of these CANDIDATES.

override INTS = false;
override CANDIDATES = false;

const SIZE = 256u;
// The largest key of a float and the smallest of all.
const NAN = 0x7fffffff;
const NONE = -0x7fffffff - 1;

struct Params {
  results: u32,
  // Elements of a line of x.
  n: u32,
  // Elements, or candidates, that are compared.
  terms: u32,
  inner: u32,
  // Workgroups for one part of all results.
  tiles: u32,
  parts: u32,
  // Terms of each invocation for its part.
  rounds: u32,
  // Invocations that share a line, a power of 2.
  lanes: u32,
  // 1 if neighbouring invocations take neighbouring lines rather than elements.
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> candidates: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

struct Place {
  key: i32,
  index: u32,
}

var<workgroup> best: array<Place, SIZE>;

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
  let line = (at % params.tiles) * perGroup + select(local / lanes, local % perGroup, isColumns);
  let lane = select(local % lanes, local / perGroup, isColumns);
  let isMine = part < params.parts && line < params.results;

  var found = Place(NONE, 0xffffffffu);
  if (isMine) {
    let base = line / params.inner * params.n * params.inner + line % params.inner;
    let start = part * params.rounds * lanes;
    let end = min(params.terms, start + params.rounds * lanes);
    for (var t = start + lane; t < end; t += lanes) {
      let index = indexOf(t, line);
      let place = Place(keyOf(x[base + index * params.inner]), index);
      if (isBefore(place, found)) {
        found = place;
      }
    }
  }
  best[local] = found;
  let apart = select(1u, perGroup, isColumns);
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half && isBefore(best[local + half * apart], best[local])) {
      best[local] = best[local + half * apart];
    }
  }
  if (isMine && lane == 0u) {
    y[part * params.results + line] = best[local].index;
  }
}

fn indexOf(t: u32, line: u32) -> u32 {
  if (CANDIDATES) {
    return candidates[t * params.results + line];
  }
  return t;
}

fn isBefore(a: Place, b: Place) -> bool {
  return a.key > b.key || (a.key == b.key && a.index < b.index);
}

// Floats are compared by integers of the same order, both zeros as one and NaN on top: WGSL promises nothing about comparing NaN.
fn keyOf(bits: u32) -> i32 {
  if (INTS) {
    return bitcast<i32>(bits);
  }
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return NAN;
  }
  return select(i32(magnitude), -i32(magnitude), bits != magnitude);
}
