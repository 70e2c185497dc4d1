// g = ±grad + weightDecay · param; square += g²; param −= lr · g / (√square + eps), in place, all [n] but
// hyper = [lr, weightDecay, eps]. An invocation steps four.

override maximize: bool = false;

struct Params {
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> param: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> square: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad >= params.quads) { return; }
  let value = param[quad];
  var g = select(grad[quad], -grad[quad], maximize);
  // Without decay the parameter isn't looked at, so that an infinite one doesn't make NaN.
  if (hyper[1] != 0.0f) { g = fma(value, vec4<f32>(hyper[1]), g); }
  let power = fma(g, g, square[quad]);
  square[quad] = power;
  param[quad] = value - hyper[0] * g / (sqrt(power) + hyper[2]);
}
