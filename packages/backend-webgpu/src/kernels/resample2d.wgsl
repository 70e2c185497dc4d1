// y[i, j] = Σ_r Σ_c rowWeights[r, i] · columnWeights[c, j] · x[rows[i].start + r, columns[j].start + c], r < rows[i].count,
// c < columns[j].count; x [planes, H, W] → y [planes, Ho, Wo]. An invocation makes one output. For windows of few taps.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

struct Params {
  elements: u32,
  h: u32,
  w: u32,
  ho: u32,
  wo: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> rows: array<vec2<u32>>; // (start, count)
@group(0) @binding(3) var<storage, read> rowWeights: array<f32>;
@group(0) @binding(4) var<storage, read> columns: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> columnWeights: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<T>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index >= params.elements) { return; }
  let line = index / params.wo;
  let plane = line / params.ho;
  let i = line - plane * params.ho;
  let j = index - line * params.wo;
  let row = rows[i];
  let column = columns[j];
  var total = 0.0f;
  for (var r = 0u; r < row.y; r++) {
    let first = (plane * params.h + row.x + r) * params.w + column.x;
    var sum = 0.0f;
    for (var c = 0u; c < column.y; c++) { sum = fma(f32(x[first + c]), columnWeights[c * params.wo + j], sum); }
    total = fma(sum, rowWeights[r * params.ho + i], total);
  }
  y[index] = T(total);
}
