// Gradient of a convolution by its weight as an implicit matrix product:
//   dw[m, j] = Σ_q dy[m, q] · x[j moved to q],    rows m: output channels of a group, columns j: (channel, tap), sum over the pixels
// q of all images. A workgroup makes BM × BN of them, an invocation 8 × 4 (by name: arrays would lie in memory where loops stay loops), with tiles of BK pixels in workgroup memory.
// The sum is long and there are few tiles, so each of `parts` workgroups adds up a share of the pixels; sumParts.wgsl adds the
// parts. Sums of SUM_BLOCKS · BK terms are added to the total, so that no sum is longer.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32
alias Y = f32; // elements of the result; f32 where it is a part of a sum

const BM = 64u;
const BN = 64u;
const BK = 16u;
const THREADS = (BM / 8u) * (BN / 4u);
const QUADS_M = BM / 4u;
const QUADS_N = BN / 4u;
const SUM_BLOCKS = 256u / BK;
// Both tiles are written down their columns: rows one quad apart from a multiple of the banks.
const STRIDE_A = QUADS_M + 1u;
const STRIDE_X = QUADS_N + 1u;

struct Params {
  rows: u32,
  columns: u32, // channels of a group · taps
  groups: u32,
  pixels: u32, // of all images
  plane: u32, // pixels of dy's plane
  width: u32, // of dy
  parts: u32,
  partPixels: u32, // a multiple of BK
  partWeights: u32, // from one part's dw to the next
  tilesM: u32,
  tilesN: u32,
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
@group(0) @binding(4) var<storage, read_write> dw: array<Y>;

var<workgroup> tileA: array<vec4<f32>, BK * STRIDE_A>;
var<workgroup> tileX: array<vec4<f32>, BK * STRIDE_X>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  var rest = group.y * groups.x + group.x;
  let firstRow = (rest % params.tilesM) * BM;
  rest /= params.tilesM;
  let firstColumn = (rest % params.tilesN) * BN;
  rest /= params.tilesN;
  let part = rest % params.parts;
  let ownGroup = rest / params.parts;
  if (ownGroup >= params.groups) { return; }

  var total0 = vec4<f32>();
  var total1 = vec4<f32>();
  var total2 = vec4<f32>();
  var total3 = vec4<f32>();
  var total4 = vec4<f32>();
  var total5 = vec4<f32>();
  var total6 = vec4<f32>();
  var total7 = vec4<f32>();
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  var sum4 = vec4<f32>();
  var sum5 = vec4<f32>();
  var sum6 = vec4<f32>();
  var sum7 = vec4<f32>();
  let end = min((part + 1u) * params.partPixels, params.pixels);
  var blocks = 0u;
  let threadRow = local / QUADS_N;
  let threadColumn = local % QUADS_N;
  // Both tiles: neighbours bring in neighbouring pixels.
  let k = local % BK;
  for (var first = part * params.partPixels; first < end; first += BK) {
    let q = first + k;
    let isPixel = q < end;
    let image = q / params.plane;
    let pixel = q % params.plane;
    let row = i32(pixel / params.width) * params.strideH - params.padH;
    let column = i32(pixel % params.width) * params.strideW - params.padW;
    let base = i32(image) * params.imageX + i32(ownGroup) * params.groupX + row * params.widthX + column;
    let channel = (image * params.groups + ownGroup) * params.rows;
    for (var quad = local / BK; quad < QUADS_M; quad += THREADS / BK) {
      let m = firstRow + quad * 4u;
      let at = (channel + m) * params.plane + pixel;
      var values = vec4<f32>();
      if (isPixel) {
        if (m < params.rows) { values.x = f32(dy[at]); }
        if (m + 1u < params.rows) { values.y = f32(dy[at + params.plane]); }
        if (m + 2u < params.rows) { values.z = f32(dy[at + 2u * params.plane]); }
        if (m + 3u < params.rows) { values.w = f32(dy[at + 3u * params.plane]); }
      }
      tileA[k * STRIDE_A + quad] = values;
    }
    for (var quad = local / BK; quad < QUADS_N; quad += THREADS / BK) {
      let j = firstColumn + quad * 4u;
      tileX[k * STRIDE_X + quad] = vec4<f32>(
        patchOf(j, isPixel, base, row, column),
        patchOf(j + 1u, isPixel, base, row, column),
        patchOf(j + 2u, isPixel, base, row, column),
        patchOf(j + 3u, isPixel, base, row, column),
      );
    }
    workgroupBarrier();
    for (var i = 0u; i < BK; i++) {
      let right = tileX[i * STRIDE_X + threadColumn];
      let upper = tileA[i * STRIDE_A + threadRow * 2u];
      let lower = tileA[i * STRIDE_A + threadRow * 2u + 1u];
      sum0 += upper.x * right;
      sum1 += upper.y * right;
      sum2 += upper.z * right;
      sum3 += upper.w * right;
      sum4 += lower.x * right;
      sum5 += lower.y * right;
      sum6 += lower.z * right;
      sum7 += lower.w * right;
    }
    workgroupBarrier();
    blocks++;
    if (blocks == SUM_BLOCKS) {
      blocks = 0u;
      total0 += sum0;
      sum0 = vec4<f32>();
      total1 += sum1;
      sum1 = vec4<f32>();
      total2 += sum2;
      sum2 = vec4<f32>();
      total3 += sum3;
      sum3 = vec4<f32>();
      total4 += sum4;
      sum4 = vec4<f32>();
      total5 += sum5;
      sum5 = vec4<f32>();
      total6 += sum6;
      sum6 = vec4<f32>();
      total7 += sum7;
      sum7 = vec4<f32>();
    }
  }

  let m = firstRow + threadRow * 8u;
  let j = firstColumn + threadColumn * 4u;
  let to = part * params.partWeights + ownGroup * params.rows * params.columns + j;
  store(total0 + sum0, m + 0u, j, to);
  store(total1 + sum1, m + 1u, j, to);
  store(total2 + sum2, m + 2u, j, to);
  store(total3 + sum3, m + 3u, j, to);
  store(total4 + sum4, m + 4u, j, to);
  store(total5 + sum5, m + 5u, j, to);
  store(total6 + sum6, m + 6u, j, to);
  store(total7 + sum7, m + 7u, j, to);
}

// What column j of the patches has at a pixel.
fn patchOf(j: u32, isPixel: bool, base: i32, row: i32, column: i32) -> f32 {
  if (!isPixel || j >= params.columns) { return 0.0f; }
  let tap = table[j];
  let h = row + tap.y;
  let w = column + tap.z;
  if (h < 0 || h >= params.heightX || w < 0 || w >= params.widthX) { return 0.0f; }
  return f32(x[base + tap.x]);
}

// Row m of a group's weights, at four columns from j on.
fn store(sums: vec4<f32>, m: u32, j: u32, to: u32) {
  if (m >= params.rows) { return; }
  let at = to + m * params.columns;
  if (j < params.columns) { dw[at] = Y(sums.x); }
  if (j + 1u < params.columns) { dw[at + 1u] = Y(sums.y); }
  if (j + 2u < params.columns) { dw[at + 2u] = Y(sums.z); }
  if (j + 3u < params.columns) { dw[at + 3u] = Y(sums.w); }
}
