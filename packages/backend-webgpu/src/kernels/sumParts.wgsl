// y[i] = Σ parts[p][i], in the order of p: the second launch of a product or a weight gradient whose long sums were divided. Four elements an
// invocation; parts begin at whole vec4s, and y is long enough for a last one past its end.

alias Y = f32; // elements of the result: f32 or f16

struct Params {
  quads: u32,
  parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<Y>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad >= params.quads) { return; }
  var sum = parts[quad];
  for (var part = 1u; part < params.parts; part++) { sum += parts[part * params.quads + quad]; }
  y[quad] = vec4<Y>(sum);
}
