// Merges the parts of each channel to its mean and (biased) variance, and makes the coefficients of y = (x − mean) · scale +
// offset: scale = weight / √(variance + eps), offset = bias − rest · scale, where rest is what the mean lost by rounding to f32.
// Beside a mean much larger than the deviation it counts. LANES invocations make a channel. Parts are
// (count, mean − shift, Σ (x − mean)², –).

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

const SIZE = 64u;
override LANES: u32 = 64;

struct Params {
  c: u32,
  inner: u32,
  partsPerChannel: u32,
  eps: f32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> variance: array<f32>;
@group(0) @binding(7) var<storage, read_write> coefficients: array<vec4<f32>>; // mean, scale, offset

var<workgroup> partial: array<vec4<f32>, SIZE>;

fn merge(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  let count = a.x + b.x;
  let delta = b.y - a.y;
  let share = b.x / max(count, 1.0f);
  return vec4<f32>(count, fma(delta, share, a.y), a.z + b.z + delta * delta * a.x * share, 0.0f);
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let channel = (group.y * groups.x + group.x) * (SIZE / LANES) + local / LANES;
  let first = min(channel, params.c - 1u) * params.partsPerChannel;
  var total = vec4<f32>();
  for (var part = lane; part < params.partsPerChannel; part += LANES) { total = merge(total, parts[first + part]); }
  partial[local] = total;
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { partial[local] = merge(partial[local], partial[local + step]); }
  }
  if (lane > 0u || channel >= params.c) { return; }

  let all = partial[local];
  let shift = f32(x[channel * params.inner]);
  // To a compiler that may reassociate, `rest` would be 0 but for the zero it doesn't know.
  let rounded = bitcast<f32>(bitcast<u32>(shift + all.y) ^ params.zero);
  let rest = (shift - rounded) + all.y;
  let power = all.z / all.x;
  let scale = weight[channel] * inverseSqrt(power + params.eps);
  mean[channel] = rounded;
  variance[channel] = power;
  coefficients[channel] = vec4<f32>(rounded, scale, fma(-rest, scale, bias[channel]), 0.0f);
}
