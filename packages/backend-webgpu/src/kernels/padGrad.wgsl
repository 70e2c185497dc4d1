// dx[i] = Σ dy over the places that pad copied x[i] to: on each axis its own, and those that mirror it or repeat it where it is the edge.
// An invocation makes one element, adding up in the order of the places.

// Else mirrored.
override REPLICATE = false;

const SIZE = 64u;
// Terms that are added one after another before they join the rest.
const RUN = 256u;

struct Params {
  elements: u32,
  rank: u32,
  reserved0: u32,
  reserved1: u32,
  axes: array<vec4<u32>, 8>, // size in x, before, after; at least one axis
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

struct Place {
  at: u32, // in dy
  count: u32, // of the element's places
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * SIZE + local;
  if (index >= params.elements) {
    return;
  }
  let first = placeOf(index, 0u);
  var sum = 0.0f;
  var run = dy[first.at];
  for (var t = 1u; t < first.count; t++) {
    if (t % RUN == 0u) {
      sum += run;
      run = 0.0f;
    }
    run += dy[placeOf(index, t).at];
  }
  dx[index] = sum + run;
}

// The t-th place of element `index`.
fn placeOf(index: u32, t: u32) -> Place {
  var rest = index;
  var nth = t;
  var stride = 1u;
  var place = Place(0u, 1u);
  for (var axis = params.rank; axis > 0u; axis--) {
    let row = params.axes[axis - 1u];
    let own = along(row, rest % row.x, nth);
    place.at += own.at * stride;
    place.count *= own.count;
    nth /= own.count;
    rest /= row.x;
    stride *= row.x + row.y + row.z;
  }
  return place;
}

// The place along one axis; `nth` counts modulo the places.
fn along(row: vec4<u32>, k: u32, nth: u32) -> Place {
  let last = row.x - 1u;
  if (REPLICATE) {
    let first = select(row.y + k, 0u, k == 0u);
    let count = row.y + k + select(0u, row.z, k == last) + 1u - first;
    return Place(first + nth % count, count);
  }
  let left = u32(k > 0u && k <= row.y);
  let right = u32(k < last && k + row.z >= last);
  let count = 1u + left + right;
  let t = nth % count;
  // In order: mirrored on the left, its own, mirrored on the right.
  let own = select(row.y + k, row.y + 2u * last - k, t > left);
  return Place(select(own, row.y - k, t < left), count);
}
