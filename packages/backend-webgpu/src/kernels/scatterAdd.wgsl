// y[row, indices[row, j]] += values[row, j], for each row in the order of j. A workgroup takes a row, an invocation a value at a time.
//
// Values with one index may not be added at once, nor in any order. So invocations first claim a slot for their index, where the
// smallest j wins; winners add and are done, the others try again. Indices that only share a slot wait in vain, which changes no sum:
// of those with one index the smallest j always goes first. Neighbours in max pooling share few elements, so there are few rounds.

override SIZE = 256u;
// More than invocations, so that few share one by chance.
override SLOTS = 4u * SIZE;

struct Params {
  rows: u32,
  length: u32, // values of a row
  size: u32, // elements of y of a row
  step: u32,
  yStep: u32,
  isZeroed: u32, // whether to begin with zeros; else y has been filled
  rank: u32,
  reserved: u32,
  axes: array<vec4<u32>, 8>, // of the rows: size, step of the values, step of y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// In each slot the round and, in reverse, the invocation: the largest is the last round's smallest j.
var<workgroup> claims: array<atomic<u32>, SLOTS>;
// The last round after which somebody waits.
var<workgroup> waiting: atomic<u32>;
var<workgroup> isLast: u32;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) {
    return;
  }
  let at = offsetsOf(row);
  if (params.isZeroed == 1u) {
    for (var i = local; i < params.size; i += SIZE) {
      y[at.y + i * params.yStep] = 0.0f;
    }
  }
  for (var first = 0u; first < params.length; first += SIZE) {
    addTile(at, first, local);
  }
}

fn addTile(at: vec2<u32>, first: u32, local: u32) {
  for (var slot = local; slot < SLOTS; slot += SIZE) {
    atomicStore(&claims[slot], 0u);
  }
  if (local == 0u) {
    atomicStore(&waiting, 0u);
  }
  let isValue = first + local < params.length;
  let source = at.x + select(0u, first + local, isValue) * params.step;
  // A negative index is a large one, and out of range as well.
  let index = u32(indices[source]);
  let value = values[source];
  let place = at.y + index * params.yStep;
  let slot = index % SLOTS;
  var isWaiting = isValue && index < params.size;
  storageBarrier();
  workgroupBarrier();
  for (var round = 1u; ; round++) {
    let claim = round * SIZE + SIZE - 1u - local;
    if (isWaiting) {
      atomicMax(&claims[slot], claim);
    }
    workgroupBarrier();
    if (isWaiting) {
      if (atomicLoad(&claims[slot]) == claim) {
        y[place] += value;
        isWaiting = false;
      } else {
        atomicStore(&waiting, round);
      }
    }
    storageBarrier();
    workgroupBarrier();
    if (local == 0u) {
      isLast = u32(atomicLoad(&waiting) != round);
    }
    if (workgroupUniformLoad(&isLast) == 1u) {
      break;
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
