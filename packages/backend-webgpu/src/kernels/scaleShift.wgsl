// y = activation(x · scale[c] + shift[c]); x, y [N, C, inner], scale and shift [C]: scaleShift (without activation) and
// scaleShiftFused. An invocation makes four elements in a row, which have one channel where inner is a multiple of four.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

override isOneChannel: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  quads: u32,
  c: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> shift: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<T>>;

fn activate(value: vec4<f32>) -> vec4<f32> {
  switch activation {
    case 1u: { return max(value, vec4<f32>()); }
    case 2u: { return clamp(value, vec4<f32>(), vec4<f32>(6.0f)); }
    case 3u: { return value / (1.0f + exp(-value)); }
    default: { return value; }
  }
}

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
  var scales = vec4<f32>(scale[channel]);
  var shifts = vec4<f32>(shift[channel]);
  if (!isOneChannel) {
    var place = quad * 4u - plane * params.inner;
    for (var j = 1u; j < 4u; j++) {
      place++;
      if (place == params.inner) {
        place = 0u;
        channel = select(channel + 1u, 0u, channel + 1u == params.c);
      }
      scales[j] = scale[channel];
      shifts[j] = shift[channel];
    }
  }
  y[quad] = vec4<T>(activate(fma(vec4<f32>(x[quad]), scales, shifts)));
}
