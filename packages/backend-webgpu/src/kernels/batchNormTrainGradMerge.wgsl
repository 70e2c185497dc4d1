// Adds the parts of each channel to dbias = Σ dy and dweight = Σ dy · (x − mean) / σ, σ = √(variance + eps), and makes the
// coefficients of dx = (dy − dyMean − (x − mean) · slope) · scale: dyMean = dbias / m, slope = Σ dy · (x − mean) / m / σ²,
// scale = weight / σ. LANES invocations make a channel.

const SIZE = 64u;
override LANES: u32 = 64;

struct Params {
  c: u32,
  partsPerChannel: u32,
  m: f32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> parts: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(6) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(7) var<storage, read_write> coefficients: array<vec4<f32>>; // mean, dyMean, slope, scale

var<workgroup> partial: array<vec2<f32>, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let channel = (group.y * groups.x + group.x) * (SIZE / LANES) + local / LANES;
  let first = min(channel, params.c - 1u) * params.partsPerChannel;
  var total = vec2<f32>();
  for (var part = lane; part < params.partsPerChannel; part += LANES) { total += parts[first + part]; }
  partial[local] = total;
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { partial[local] += partial[local + step]; }
  }
  if (lane > 0u || channel >= params.c) { return; }

  let sums = partial[local];
  let power = variance[channel] + params.eps;
  let deviation = sqrt(power);
  dbias[channel] = sums.x;
  dweight[channel] = sums.y / deviation;
  coefficients[channel] = vec4<f32>(mean[channel], sums.x / params.m, sums.y / params.m / power, weight[channel] / deviation);
}
