// g = ±grad + weightDecay · param; b = momentum · b + keep · g; param −= lr · (nesterov ? g + momentum · b : b), in place.
// Without a buffer b: param −= lr · g. hyper = [lr, weightDecay, momentum, keep]. All others [n]; an invocation steps four.

override hasMomentum: bool = true;
override nesterov: bool = false;
override maximize: bool = false;

struct Params {
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> param: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> momentum: array<vec4<f32>>;

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
  if (hasMomentum) {
    let b = fma(g, vec4<f32>(hyper[3]), momentum[quad] * hyper[2]);
    momentum[quad] = b;
    g = select(b, fma(b, vec4<f32>(hyper[2]), g), nesterov);
  }
  param[quad] = fma(g, vec4<f32>(-hyper[0]), value);
}
