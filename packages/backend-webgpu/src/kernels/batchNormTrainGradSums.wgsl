// Σ dy and Σ dy · (x − mean) for a part of each channel. x, dy [N, C, inner], mean [C], parts [C, partsPerChannel]. LANES
// invocations make a part: each adds up to 16 quads, then come the quads' components, the invocations and (in the next launch)
// the parts.
//
// All loads are quads that start at multiples of four: of a plane's first and last quad only the elements that belong to the
// plane count.

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
@group(0) @binding(2) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<vec2<f32>>;

var<workgroup> partial: array<vec2<f32>, SIZE>;

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
  let center = mean[channel];

  var sum = vec4<f32>();
  var products = vec4<f32>();
  for (var unit = begin + lane; unit < end; unit += LANES) {
    let n = unit / params.quads;
    let first = (n * params.c + channel) * params.inner;
    let at = (first / 4u + unit - n * params.quads) * 4u;
    let place = vec4<u32>(at) + vec4<u32>(0u, 1u, 2u, 3u);
    let counts = (place >= vec4<u32>(first)) & (place < vec4<u32>(first + params.inner));
    let quad = min(at, first + params.inner - 1u) / 4u;
    let gradient = vec4<f32>(dy[quad]);
    sum += select(vec4<f32>(), gradient, counts);
    products += select(vec4<f32>(), gradient * (vec4<f32>(x[quad]) - center), counts);
  }
  partial[local] = vec2<f32>((sum.x + sum.y) + (sum.z + sum.w), (products.x + products.y) + (products.z + products.w));
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { partial[local] += partial[local + step]; }
  }
  if (lane == 0u && part < params.c * params.partsPerChannel) { parts[part] = partial[local]; }
}
