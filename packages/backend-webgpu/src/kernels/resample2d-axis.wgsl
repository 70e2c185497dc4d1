// y[·, o, k] = Σₜ weights[t, o] · x[·, spans[o].start + t, k], t < spans[o].count: a linear map along one axis. x [outer, size,
// inner] → y [outer, outputs, inner]. An invocation makes one output. Sums: BLOCK terms in order, then the blocks.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32
alias Y = f32; // elements of the result; f32 where it is a part of a sum

const BLOCK = 64u;

struct Params {
  elements: u32,
  size: u32,
  outputs: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // (start, count)
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<Y>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index >= params.elements) { return; }
  let line = index / params.inner;
  let outer = line / params.outputs;
  let o = line - outer * params.outputs;
  let span = spans[o];
  var at = (outer * params.size + span.x) * params.inner + (index - line * params.inner);
  var total = 0.0f;
  for (var block = 0u; block < span.y; block += BLOCK) {
    var sum = 0.0f;
    for (var t = block; t < min(block + BLOCK, span.y); t++) {
      sum = fma(f32(x[at]), weights[t * params.outputs + o], sum);
      at += params.inner;
    }
    total += sum;
  }
  y[index] = Y(total);
}
