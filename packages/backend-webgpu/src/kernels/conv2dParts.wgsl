// y = finish(Σ parts): adds what the parts of a convolution's taps gave, in order, and does what stands behind the convolution.
// parts [parts, elements], y [elements] = [N, channels, plane]. One element an invocation.

override hasScale: bool = false;
override hasShift: bool = false;
override hasResidual: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  elements: u32,
  parts: u32,
  plane: u32,
  channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> shift: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn finish(sum: f32, channel: u32, at: u32) -> f32 {
  var value = sum;
  if (hasScale) { value *= scale[channel]; }
  if (hasShift) { value += shift[channel]; }
  if (hasResidual) { value += residual[at]; }
  switch activation {
    case 1u: { return max(value, 0.0f); }
    case 2u: { return clamp(value, 0.0f, 6.0f); }
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
  let at = (group.y * groups.x + group.x) * 64u + local;
  if (at >= params.elements) { return; }
  var sum = 0.0f;
  for (var part = 0u; part < params.parts; part++) {
    sum += parts[part * params.elements + at];
  }
  y[at] = finish(sum, (at / params.plane) % params.channels, at);
}
