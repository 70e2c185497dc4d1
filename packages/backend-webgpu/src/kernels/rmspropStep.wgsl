// g = ±grad + weightDecay · param; square = alpha · square + (1 − alpha) · g²; centered: mean = alpha · mean + (1 − alpha) · g;
// d = √v + eps or √(v + eps), v = square (centered: square − mean²);
// momentum > 0: b = momentum · b + g / d, param −= lr · b; else param −= lr · g / d. In place, all [n] but
// hyper = [lr, weightDecay, alpha, eps, momentum]. Where an option is off, its buffer isn't touched. An invocation steps four.

override centered: bool = false;
override epsInside: bool = false;
override maximize: bool = false;

struct Params {
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> param: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> square: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> mean: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> momentum: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad >= params.quads) { return; }
  let alpha = hyper[2];
  let eps = hyper[3];
  let value = param[quad];
  var g = select(grad[quad], -grad[quad], maximize);
  // Without decay the parameter isn't looked at, so that an infinite one doesn't make NaN.
  if (hyper[1] != 0.0f) { g = fma(value, vec4<f32>(hyper[1]), g); }
  let nextSquare = square[quad] * alpha + (1.0f - alpha) * g * g;
  square[quad] = nextSquare;
  var power = nextSquare;
  if (centered) {
    let nextMean = fma(g, vec4<f32>(1.0f - alpha), mean[quad] * alpha);
    mean[quad] = nextMean;
    power -= nextMean * nextMean;
  }
  let divisor = select(sqrt(power) + eps, sqrt(power + eps), epsInside);
  if (hyper[4] > 0.0f) {
    let b = momentum[quad] * hyper[4] + g / divisor;
    momentum[quad] = b;
    param[quad] = fma(b, vec4<f32>(-hyper[0]), value);
  } else {
    param[quad] = value - hyper[0] * g / divisor;
  }
}
