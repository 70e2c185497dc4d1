// y = (x − mean) · scale + offset by channel; x, y [N, C, inner], coefficients [C] of (mean, scale, offset, –). An invocation
// makes four elements in a row, which have one channel where inner is a multiple of four.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

override isOneChannel: bool = false;

struct Params {
  quads: u32,
  c: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> coefficients: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<T>>;

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
  if (isOneChannel) {
    y[quad] = vec4<T>(fma(value - row.x, vec4<f32>(row.y), vec4<f32>(row.z)));
    return;
  }
  var place = quad * 4u - plane * params.inner;
  var result = vec4<f32>();
  for (var j = 0u; j < 4u; j++) {
    result[j] = fma(value[j] - row.x, row.y, row.z);
    place++;
    if (place == params.inner) {
      place = 0u;
      channel = select(channel + 1u, 0u, channel + 1u == params.c);
      row = coefficients[channel];
    }
  }
  y[quad] = vec4<T>(result);
}
