// Gradient of a convolution by its weight as an implicit matrix product:
//   dw[m, j] = Σ_q dy[m, q] · x[j moved to q],    rows m: output channels of a group, columns j: (channel, tap), sum over the pixels
// q of all images. A workgroup makes BM × BN of them, an invocation TM × 4, with tiles of BK pixels in workgroup memory.
// The sum is long and there are few tiles, so each of `parts` workgroups adds up a share of the pixels; conv2dParts.wgsl adds the
// parts. Sums of SUM_BLOCKS · BK terms are added to the total, so that no sum is longer.

const BM = 64u;
const BN = 64u;
const BK = 16u;
const TM = 4u;
const THREADS = (BM / TM) * (BN / 4u);
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
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
// By column: (offset in x, rows down, columns right) from where a pixel of dy begins.
@group(0) @binding(3) var<storage, read> table: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read_write> dw: array<f32>;

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

  var total: array<vec4<f32>, TM>;
  var sum: array<vec4<f32>, TM>;
  let end = min((part + 1u) * params.partPixels, params.pixels);
  var blocks = 0u;
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
      var values = vec4<f32>();
      for (var j = 0u; j < 4u; j++) {
        let m = firstRow + quad * 4u + j;
        if (isPixel && m < params.rows) { values[j] = dy[(channel + m) * params.plane + pixel]; }
      }
      tileA[k * STRIDE_A + quad] = values;
    }
    for (var quad = local / BK; quad < QUADS_N; quad += THREADS / BK) {
      var values = vec4<f32>();
      for (var j = 0u; j < 4u; j++) {
        let at = firstColumn + quad * 4u + j;
        if (isPixel && at < params.columns) {
          let tap = table[at];
          let h = row + tap.y;
          let w = column + tap.z;
          if (h >= 0 && h < params.heightX && w >= 0 && w < params.widthX) { values[j] = x[base + tap.x]; }
        }
      }
      tileX[k * STRIDE_X + quad] = values;
    }
    workgroupBarrier();
    for (var i = 0u; i < BK; i++) {
      let right = tileX[i * STRIDE_X + local % QUADS_N];
      for (var r = 0u; r < TM / 4u; r++) {
        let left = tileA[i * STRIDE_A + (local / QUADS_N) * (TM / 4u) + r];
        sum[r * 4u] += left.x * right;
        sum[r * 4u + 1u] += left.y * right;
        sum[r * 4u + 2u] += left.z * right;
        sum[r * 4u + 3u] += left.w * right;
      }
    }
    workgroupBarrier();
    blocks++;
    if (blocks == SUM_BLOCKS) {
      blocks = 0u;
      for (var r = 0u; r < TM; r++) {
        total[r] += sum[r];
        sum[r] = vec4<f32>();
      }
    }
  }

  let elements = params.groups * params.rows * params.columns;
  for (var r = 0u; r < TM; r++) {
    let m = firstRow + (local / QUADS_N) * TM + r;
    if (m >= params.rows) { break; }
    for (var j = 0u; j < 4u; j++) {
      let at = firstColumn + (local % QUADS_N) * 4u + j;
      if (at >= params.columns) { break; }
      dw[part * elements + (ownGroup * params.rows + m) * params.columns + at] = total[r][j] + sum[r][j];
    }
  }
}
