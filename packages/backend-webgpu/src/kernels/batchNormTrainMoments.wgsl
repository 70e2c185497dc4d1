// Count, mean and Σ (x − mean)² of x − shift, for a part of each channel; shift is the channel's first element. x [N, C, inner],
// parts [C, partsPerChannel] of (count, mean, squares, –). LANES invocations make a part.
//
// The shift takes a mean far from 0 out exactly, and moments are merged as means and squares about them, so that nothing cancels
// wherever the first element lies. Source: Chan, Golub & LeVeque 1983, eq. 2.1.
//
// All loads are quads of x that start at multiples of four: of a plane's first and last quad only the elements that belong to the
// plane count. An invocation takes four quads at a time, LANES apart.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

override SIZE: u32 = 256;
override LANES: u32 = 256;

struct Params {
  c: u32,
  inner: u32,
  quads: u32, // of one plane, at most
  units: u32, // N · quads
  unitsPerPart: u32,
  partsPerChannel: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<T>>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec4<f32>>;

var<workgroup> partial: array<vec4<f32>, SIZE>;

// Four at once: one for each component of a quad.
struct Moments {
  count: vec4<f32>,
  mean: vec4<f32>,
  squares: vec4<f32>,
}

struct Quad {
  value: vec4<f32>, // 0 where no element is
  weight: vec4<f32>, // 1 or 0
}

fn quadAt(unit: u32, end: u32, channel: u32, shift: f32) -> Quad {
  let isInside = unit < end;
  let n = select(0u, unit / params.quads, isInside);
  let first = (n * params.c + channel) * params.inner;
  let at = select(first, (first / 4u + unit - n * params.quads) * 4u, isInside);
  let place = vec4<u32>(at) + vec4<u32>(0u, 1u, 2u, 3u);
  let counts = (place >= vec4<u32>(first)) & (place < vec4<u32>(first + params.inner)) & vec4<bool>(isInside);
  let value = vec4<f32>(x[min(at, first + params.inner - 1u) / 4u]) - shift;
  return Quad(select(vec4<f32>(), value, counts), select(vec4<f32>(), vec4<f32>(1.0f), counts));
}

fn merge(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let delta = b.mean - a.mean;
  let share = b.count / max(count, vec4<f32>(1.0f));
  return Moments(count, fma(delta, share, a.mean), a.squares + b.squares + delta * delta * a.count * share);
}

// The same of (count, mean, squares, –).
fn mergeOne(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  let count = a.x + b.x;
  let delta = b.y - a.y;
  let share = b.x / max(count, 1.0f);
  return vec4<f32>(count, fma(delta, share, a.y), a.z + b.z + delta * delta * a.x * share, 0.0f);
}

fn component(all: Moments, i: u32) -> vec4<f32> {
  return vec4<f32>(all.count[i], all.mean[i], all.squares[i], 0.0f);
}

fn block(unit: u32, end: u32, channel: u32, shift: f32) -> Moments {
  let a = quadAt(unit, end, channel, shift);
  let b = quadAt(unit + LANES, end, channel, shift);
  let c = quadAt(unit + 2u * LANES, end, channel, shift);
  let d = quadAt(unit + 3u * LANES, end, channel, shift);
  let count = (a.weight + b.weight) + (c.weight + d.weight);
  let mean = ((a.value + b.value) + (c.value + d.value)) / max(count, vec4<f32>(1.0f));
  let fromA = (a.value - mean) * a.weight;
  let fromB = (b.value - mean) * b.weight;
  let fromC = (c.value - mean) * c.weight;
  let fromD = (d.value - mean) * d.weight;
  return Moments(count, mean, (fromA * fromA + fromB * fromB) + (fromC * fromC + fromD * fromD));
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let part = (group.y * groups.x + group.x) * (SIZE / LANES) + local / LANES;
  let channel = min(part / params.partsPerChannel, params.c - 1u);
  let begin = (part % params.partsPerChannel) * params.unitsPerPart;
  let end = min(begin + params.unitsPerPart, params.units);
  let origin = channel * params.inner;
  let shift = f32(x[origin / 4u][origin % 4u]);

  var total = Moments();
  for (var unit = begin + lane; unit < end; unit += 4u * LANES) {
    total = merge(total, block(unit, end, channel, shift));
  }
  let low = mergeOne(component(total, 0u), component(total, 1u));
  let high = mergeOne(component(total, 2u), component(total, 3u));
  partial[local] = mergeOne(low, high);
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { partial[local] = mergeOne(partial[local], partial[local + step]); }
  }
  if (lane == 0u && part < params.c * params.partsPerChannel) { parts[part] = partial[local]; }
}
