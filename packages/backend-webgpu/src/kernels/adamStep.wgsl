// g = ±grad (+ weightDecay · param; decoupled: param *= 1 − lr · weightDecay instead); mean = beta1 · mean + (1 − beta1) · g;
// square = beta2 · square + (1 − beta2) · g²; largest = max(largest, square), if there is one;
// param −= lr / correction1 · mean / (√(largest or square) / correction2 + eps). In place, all [n] but
// hyper = [lr, weightDecay, beta1, beta2, eps, correction1, correction2]. An invocation steps four.

override hasLargest: bool = true;
override decoupled: bool = false;
override maximize: bool = false;

struct Params {
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> param: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> grad: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> square: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> largest: array<vec4<f32>>;

fn isNanBits(x: vec4<f32>) -> vec4<bool> {
  return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad >= params.quads) { return; }
  let lr = hyper[0];
  let decay = hyper[1];
  var value = param[quad];
  var g = select(grad[quad], -grad[quad], maximize);
  // Without decay the parameter isn't looked at, so that an infinite one doesn't make NaN.
  if (decoupled) {
    value *= fma(-lr, decay, 1.0f);
  } else if (decay != 0.0f) {
    g = fma(value, vec4<f32>(decay), g);
  }
  let nextMean = fma(g, vec4<f32>(1.0f - hyper[2]), mean[quad] * hyper[2]);
  let nextSquare = square[quad] * hyper[3] + (1.0f - hyper[3]) * g * g;
  mean[quad] = nextMean;
  square[quad] = nextSquare;
  var power = nextSquare;
  if (hasLargest) {
    let before = largest[quad];
    power = select(before, power, (power > before) | isNanBits(power));
    largest[quad] = power;
  }
  param[quad] = value + (-lr / hyper[5]) * nextMean / (sqrt(power) / hyper[6] + hyper[4]);
}
