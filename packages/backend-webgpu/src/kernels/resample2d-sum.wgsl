// y[plane, part] = weight · Σ x[plane, t], t in the part's termsPerPart terms; x [planes, terms]. LANES invocations make a part:
// each adds blocks of BLOCK terms, then come the blocks, then the invocations.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32
alias Y = f32; // elements of the result; f32 where it is a part of a sum

override SIZE: u32 = 256;
override LANES: u32 = 256;
const BLOCK = 64u;

struct Params {
  planes: u32,
  terms: u32,
  parts: u32, // of a plane
  termsPerPart: u32,
  weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<Y>;

var<workgroup> partial: array<f32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let part = (group.y * groups.x + group.x) * (SIZE / LANES) + local / LANES;
  let plane = min(part / params.parts, params.planes - 1u);
  let begin = (part % params.parts) * params.termsPerPart;
  let end = min(begin + params.termsPerPart, params.terms);
  let first = plane * params.terms;
  var total = 0.0f;
  for (var block = begin + lane; block < end; block += BLOCK * LANES) {
    var sum = 0.0f;
    for (var t = block; t < min(block + BLOCK * LANES, end); t += LANES) { sum += f32(x[first + t]); }
    total += sum;
  }
  partial[local] = total;
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { partial[local] += partial[local + step]; }
  }
  if (lane == 0u && part < params.planes * params.parts) { y[part] = Y(partial[local] * params.weight); }
}
