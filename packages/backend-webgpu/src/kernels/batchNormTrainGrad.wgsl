// dx = (dy − dyMean − (x − mean) · slope) · scale by channel; x, dy, dx [N, C, inner], coefficients [C] of (mean, dyMean, slope,
// scale). dx is nearly all cancellation where a channel has few values: the differences are taken before the scale.
// An invocation makes four elements in a row, which have one channel where inner is a multiple of four.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

override isOneChannel: bool = false;

struct Params {
  quads: u32,
  c: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> coefficients: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4<T>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad >= params.quads) { return; }
  let plane = quad * 4u / params.inner;
  var channel = plane % params.c;
  var row = coefficients[channel];
  let value = vec4<f32>(x[quad]);
  let gradient = vec4<f32>(dy[quad]);
  if (isOneChannel) {
    dx[quad] = vec4<T>(((gradient - row.y) - (value - row.x) * row.z) * row.w);
    return;
  }
  var place = quad * 4u - plane * params.inner;
  var result = vec4<f32>();
  for (var j = 0u; j < 4u; j++) {
    result[j] = ((gradient[j] - row.y) - (value[j] - row.x) * row.z) * row.w;
    place++;
    if (place == params.inner) {
      place = 0u;
      channel = select(channel + 1u, 0u, channel + 1u == params.c);
      row = coefficients[channel];
    }
  }
  dx[quad] = vec4<T>(result);
}
