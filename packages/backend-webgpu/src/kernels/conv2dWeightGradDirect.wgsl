// Gradient of a convolution by its weight where a group's share of the weight is small (depthwise, narrow groups, first layers):
//   dw[m, j] = Σ_q dy[m, q] · x[j moved to q]
// LANES invocations a weight: they go over the pixels q side by side, SUM_TERMS of them in one sum, and add up in a tree.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

override SIZE: u32 = 128;
override LANES: u32 = 128; // SIZE is a whole number of these
const SUM_TERMS = 256u;

struct Params {
  rows: u32,
  columns: u32, // channels of a group · taps
  groups: u32,
  pixels: u32, // of all images
  plane: u32, // pixels of dy's plane
  width: u32, // of dy
  heightX: i32,
  widthX: i32,
  imageX: i32,
  groupX: i32,
  strideH: i32,
  strideW: i32,
  padH: i32,
  padW: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
// By column: (offset in x, rows down, columns right) from where a pixel of dy begins.
@group(0) @binding(3) var<storage, read> table: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read_write> dw: array<T>;

var<workgroup> sums: array<f32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let weight = (group.y * groups.x + group.x) * (SIZE / LANES) + local / LANES;
  let isWeight = weight < params.groups * params.rows * params.columns;
  let channel = weight / params.columns;
  let ownGroup = channel / params.rows;
  var total = 0.0f;
  if (isWeight) {
    let tap = table[weight % params.columns];
    for (var first = lane; first < params.pixels; first += LANES * SUM_TERMS) {
      var sum = 0.0f;
      let end = min(first + LANES * SUM_TERMS, params.pixels);
      for (var q = first; q < end; q += LANES) {
        let image = q / params.plane;
        let pixel = q % params.plane;
        let row = i32(pixel / params.width) * params.strideH - params.padH;
        let column = i32(pixel % params.width) * params.strideW - params.padW;
        let h = row + tap.y;
        let w = column + tap.z;
        if (h >= 0 && h < params.heightX && w >= 0 && w < params.widthX) {
          let base = i32(image) * params.imageX + i32(ownGroup) * params.groupX + row * params.widthX + column;
          sum += f32(dy[(image * params.groups * params.rows + channel) * params.plane + pixel]) * f32(x[base + tap.x]);
        }
      }
      total += sum;
    }
  }
  sums[local] = total;
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) { sums[local] += sums[local + step]; }
  }
  if (lane == 0u && isWeight) { dw[weight] = T(sums[local]); }
}
