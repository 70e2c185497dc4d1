// y[row, indices[row, j]] += values[row, j], for each row in the order of j, y having been filled with zeros. An invocation takes a row.

const SIZE = 64u;

struct Params {
  rows: u32,
  length: u32, // values of a row
  size: u32, // elements of y of a row
  step: u32,
  yStep: u32,
  reserved0: u32,
  rank: u32,
  reserved1: u32,
  axes: array<vec4<u32>, 8>, // of the rows: size, step of the values, step of y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (group.y * groups.x + group.x) * SIZE + local;
  if (row >= params.rows) {
    return;
  }
  let at = offsetsOf(row);
  for (var j = 0u; j < params.length; j++) {
    let source = at.x + j * params.step;
    // A negative index is a large one, and out of range as well.
    let index = u32(indices[source]);
    if (index < params.size) {
      y[at.y + index * params.yStep] += values[source];
    }
  }
}

// Where a row begins in the values and in y.
fn offsetsOf(row: u32) -> vec2<u32> {
  var rest = row;
  var at = vec2<u32>();
  for (var axis = params.rank; axis > 0u; axis--) {
    let own = params.axes[axis - 1u];
    at += (rest % own.x) * own.yz;
    rest /= own.x;
  }
  return at;
}
