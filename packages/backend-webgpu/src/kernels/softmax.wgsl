// y = exp(x − max) / Σ exp(x − max), or x − max − log Σ exp(x − max) if LOG, along the lines of x and y [outer, n, inner].
//
// A workgroup of 256 has 256 / lanes lines: `lanes` invocations share one and go over it three times, for the largest, the total and
// the results. With one lane a line has an invocation. `columns` as in reduce.wgsl.

override LOG = false;

const SIZE = 256u;
// Terms that are added one after the other before sums of sums begin.
const BLOCK = 256u;

struct Params {
  lines: u32,
  n: u32,
  inner: u32,
  // Invocations that share a line, a power of 2.
  lanes: u32,
  // 1 if neighbouring invocations take neighbouring lines rather than elements.
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

var<workgroup> partial: array<f32, SIZE>;

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
  // Past the end the last line is gone over again, for the sake of the barriers, and nothing is written.
  let mine = min(line, params.lines - 1u);
  let step = params.inner;
  let base = mine / step * params.n * step + mine % step;

  // The first element is where each lane begins: it may have no other.
  var largest = x[base];
  for (var i = lane; i < params.n; i += lanes) {
    largest = max(largest, x[base + i * step]);
  }
  partial[local] = largest;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial[local] = max(partial[local], partial[local + half * apart]);
    }
  }
  workgroupBarrier();
  largest = partial[first];
  workgroupBarrier();

  var sum = 0.0;
  for (var block = lane; block < params.n; block += BLOCK * lanes) {
    var ofBlock = 0.0;
    let end = min(params.n, block + BLOCK * lanes);
    for (var i = block; i < end; i += lanes) {
      ofBlock += exp(x[base + i * step] - largest);
    }
    sum += ofBlock;
  }
  partial[local] = sum;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial[local] += partial[local + half * apart];
    }
  }
  workgroupBarrier();
  let total = partial[first];

  if (line < params.lines) {
    for (var i = lane; i < params.n; i += lanes) {
      let distance = x[base + i * step] - largest;
      y[base + i * step] = select(exp(distance) / total, distance - log(total), LOG);
    }
  }
}
