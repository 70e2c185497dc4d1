// The k best of each line of x [outer, n, inner], best first, with their indices: values and indices [outer, k, inner]. NaN counts
// as largest, of equals the first comes first. x and values as words of 32 bits.
//
// A workgroup of 256 has 256 / lanes lines: for one rank after the other, the `lanes` invocations of a line find the best of all that
// come behind the last one found. `columns` as in reduce.wgsl.

override LARGEST = true;

const SIZE = 256u;
// The largest key and the smallest.
const NAN = 0x7fffffff;
const NONE = -0x7fffffff - 1;

struct Params {
  lines: u32,
  n: u32,
  inner: u32,
  k: u32,
  // Invocations that share a line, a power of 2.
  lanes: u32,
  // 1 if neighbouring invocations take neighbouring lines rather than elements.
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> values: array<u32>;
@group(0) @binding(3) var<storage, read_write> indices: array<u32>;

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
  let line = (group.y * groups.x + group.x) * perGroup + select(local / lanes, local % perGroup, isColumns);
  let lane = select(local % lanes, local / perGroup, isColumns);
  // Where the lanes of a line lie among the workgroup's invocations.
  let apart = select(1u, perGroup, isColumns);
  let first = local - lane * apart;
  let end = select(0u, params.n, line < params.lines);
  let outer = line / params.inner;
  let inner = line % params.inner;
  let base = outer * params.n * params.inner + inner;

  // In front of all: the best key, and an index that is one less than 0.
  var last = Place(NAN, 0xffffffffu);
  for (var rank = 0u; rank < params.k; rank++) {
    var found = Place(NONE, 0x7fffffffu);
    for (var i = lane; i < end; i += lanes) {
      let place = Place(keyOf(x[base + i * params.inner]), i);
      if (isBefore(last, place) && isBefore(place, found)) {
        found = place;
      }
    }
    best[local] = found;
    for (var half = lanes / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half && isBefore(best[local + half * apart], best[local])) {
        best[local] = best[local + half * apart];
      }
    }
    workgroupBarrier();
    last = best[first];
    workgroupBarrier();
    if (lane == 0u && end > 0u) {
      let at = (outer * params.k + rank) * params.inner + inner;
      values[at] = x[base + last.index * params.inner];
      indices[at] = last.index;
    }
  }
}

fn isBefore(a: Place, b: Place) -> bool {
  return a.key > b.key || (a.key == b.key && a.index + 1u < b.index + 1u);
}

// Floats are compared by integers of the same order, both zeros as one and NaN on top: WGSL promises nothing about comparing NaN.
fn keyOf(bits: u32) -> i32 {
  let magnitude = bits & 0x7fffffffu;
  let signed = select(i32(magnitude), -i32(magnitude), bits != magnitude);
  let key = select(signed, NAN, magnitude > 0x7f800000u);
  return select(~key, key, LARGEST);
}
