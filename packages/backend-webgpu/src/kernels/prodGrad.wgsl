// dx = dy · (product of all other factors of the group), right where factors are 0: what stands in front of a factor times what
// stands behind it. x and dx lie alike, dy has one element a group.
//
// A workgroup of 256 has 256 / lanes groups. Each of the `lanes` invocations of a group has a run of its factors: it tells the others
// the product of its own, then goes over them forwards and backwards. `columns` as in reduce.wgsl.


const SIZE = 256u;

struct Params {
  groups: u32,
  factors: u32,
  // Factors of an invocation.
  run: u32,
  // Invocations that share a group, a power of 2.
  lanes: u32,
  // 1 if neighbouring invocations take neighbouring groups rather than runs.
  columns: u32,
  keptAxes: u32,
  reducedAxes: u32,
  reserved: u32,
  // Size and step of two axes in each: the kept ones, then those reduced over; at least one of each.
  axes: array<vec4<u32>, 8>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

var<workgroup> products: array<f32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lanes = params.lanes;
  let isColumns = params.columns == 1u;
  let perGroup = SIZE / lanes;
  let mine = (group.y * groups.x + group.x) * perGroup + select(local / lanes, local % perGroup, isColumns);
  let lane = select(local % lanes, local / perGroup, isColumns);
  // Where the lanes of a group lie among the workgroup's invocations.
  let apart = select(1u, perGroup, isColumns);
  let first = local - lane * apart;
  let base = offsetOf(mine, 0u, params.keptAxes);
  let factors = select(0u, params.factors, mine < params.groups);
  let start = min(factors, lane * params.run);
  let end = min(factors, start + params.run);

  var own = 1.0;
  if (lanes > 1u) {
    for (var i = start; i < end; i++) {
      own *= x[base + placeOf(i)];
    }
  }
  products[local] = own;
  workgroupBarrier();

  var before = 1.0;
  for (var other = 0u; other < lane; other++) {
    before *= products[first + other * apart];
  }
  for (var i = start; i < end; i++) {
    let at = base + placeOf(i);
    dx[at] = before;
    before *= x[at];
  }
  var after = 1.0;
  for (var other = lane + 1u; other < lanes; other++) {
    after *= products[first + other * apart];
  }
  for (var i = end; i > start; i--) {
    let at = base + placeOf(i - 1u);
    dx[at] = dx[at] * after * dy[mine];
    after *= x[at];
  }
}

fn placeOf(factor: u32) -> u32 {
  return offsetOf(factor, params.keptAxes, params.reducedAxes);
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
