// A 1×1 convolution, or its gradient by the input, where planes are whole quads: a matrix product for each image and group,
//   y[n, m, p] = Σₖ a[m, k] · x[n, k, p],    rows m: output channels of a group, k: its input channels, columns: quads of pixels.
// Pixels are read and written four at a time, and no index is taken apart inside the loop. A workgroup makes BM × BN outputs, an
// invocation 8 × 4, by name: arrays would lie in memory where loops stay loops. Sums of 256 terms are added to the total; slices of k
// as in conv2d.wgsl.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

const BM = 64u;
const BN = 64u;
const BK = 16u;
const SLICES = 1u; // or 4 and more
const LANES = (BM / 8u) * (BN / 4u); // of a slice
const THREADS = LANES * SLICES;
const QUADS_M = BM / 4u;
const QUADS_N = BN / 4u;
const SUM_BLOCKS = 256u * SLICES / BK;
const STRIDE_A = QUADS_M + 1u; // a's tile is written down its columns
const K_STEP = THREADS / QUADS_N;
const TILE_X = BK * STRIDE_A; // where the tile of x begins, behind a's
const TILES = TILE_X + BK * QUADS_N;

override hasScale: bool = false;
override hasShift: bool = false; // also a convolution's bias
override hasResidual: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  rows: u32,
  inner: u32, // input channels of a group
  groups: u32,
  images: u32,
  tilesM: u32,
  tilesN: u32,
  planeQuads: u32,
  groupA: u32,
  rowA: u32,
  columnA: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<T>;
@group(0) @binding(2) var<storage, read> x: array<vec4<T>>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> shift: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<vec4<T>>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<T>>;

// The tiles, and in the end four of the eight rows of all slices' sums.
var<workgroup> tiles: array<vec4<f32>, max(TILES, select(0u, 4u * THREADS, SLICES > 1u))>;

fn finish(sum: vec4<f32>, channel: u32, at: u32) -> vec4<f32> {
  var value = sum;
  if (hasScale) { value *= scale[channel]; }
  if (hasShift) { value += shift[channel]; }
  if (hasResidual) { value += vec4<f32>(residual[at]); }
  switch activation {
    case 1u: { return max(value, vec4<f32>()); }
    case 2u: { return clamp(value, vec4<f32>(), vec4<f32>(6.0f)); }
    case 3u: { return value / (1.0f + exp(-value)); }
    default: { return value; }
  }
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  var rest = group.y * groups.x + group.x;
  let firstRow = (rest % params.tilesM) * BM;
  rest /= params.tilesM;
  let firstQuad = (rest % params.tilesN) * QUADS_N;
  let ownGroup = rest / params.tilesN;
  if (ownGroup >= params.groups) { return; }

  // The quad of pixels that this invocation brings in and makes.
  let slice = local / LANES;
  let quad = local % QUADS_N;
  let threadRow = local % LANES / QUADS_N;
  let isQuad = firstQuad + quad < params.images * params.planeQuads;
  let image = (firstQuad + quad) / params.planeQuads;
  let pixel = (firstQuad + quad) % params.planeQuads;
  let base = (image * params.groups + ownGroup) * params.inner * params.planeQuads + pixel;
  let weights = ownGroup * params.groupA;

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
  var blocks = 0u;
  for (var first = 0u; first < params.inner; first += BK) {
    for (var task = local; task < BK * QUADS_M; task += THREADS) {
      let k = task % BK;
      let row = firstRow + (task / BK) * 4u;
      var values = vec4<f32>();
      if (first + k < params.inner) {
        let at = weights + (first + k) * params.columnA;
        if (row < params.rows) { values.x = f32(a[at + row * params.rowA]); }
        if (row + 1u < params.rows) { values.y = f32(a[at + (row + 1u) * params.rowA]); }
        if (row + 2u < params.rows) { values.z = f32(a[at + (row + 2u) * params.rowA]); }
        if (row + 3u < params.rows) { values.w = f32(a[at + (row + 3u) * params.rowA]); }
      }
      tiles[k * STRIDE_A + task / BK] = values;
    }
    for (var k = local / QUADS_N; k < BK; k += K_STEP) {
      var values = vec4<f32>();
      if (isQuad && first + k < params.inner) { values = vec4<f32>(x[base + (first + k) * params.planeQuads]); }
      tiles[TILE_X + k * QUADS_N + quad] = values;
    }
    workgroupBarrier();
    for (var k = slice; k < BK; k += SLICES) {
      let right = tiles[TILE_X + k * QUADS_N + quad];
      let upper = tiles[k * STRIDE_A + threadRow * 2u];
      let lower = tiles[k * STRIDE_A + threadRow * 2u + 1u];
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

  let to = (image * params.groups + ownGroup) * params.rows * params.planeQuads + pixel;
  let m = firstRow + threadRow * 8u;
  if (SLICES == 1u) {
    if (isQuad) {
      store(total0 + sum0, m + 0u, ownGroup, to);
      store(total1 + sum1, m + 1u, ownGroup, to);
      store(total2 + sum2, m + 2u, ownGroup, to);
      store(total3 + sum3, m + 3u, ownGroup, to);
      store(total4 + sum4, m + 4u, ownGroup, to);
      store(total5 + sum5, m + 5u, ownGroup, to);
      store(total6 + sum6, m + 6u, ownGroup, to);
      store(total7 + sum7, m + 7u, ownGroup, to);
    }
    return;
  }
  // The slices' sums are added in order, four rows at a time, by the first four slices: each a row.
  tiles[local] = total0 + sum0;
  tiles[THREADS + local] = total1 + sum1;
  tiles[2u * THREADS + local] = total2 + sum2;
  tiles[3u * THREADS + local] = total3 + sum3;
  workgroupBarrier();
  if (isQuad && slice < 4u) { store(addSlices(local), m + slice, ownGroup, to); }
  workgroupBarrier();
  tiles[local] = total4 + sum4;
  tiles[THREADS + local] = total5 + sum5;
  tiles[2u * THREADS + local] = total6 + sum6;
  tiles[3u * THREADS + local] = total7 + sum7;
  workgroupBarrier();
  if (isQuad && slice < 4u) { store(addSlices(local), m + 4u + slice, ownGroup, to); }
}

// Of the row and the columns that are this invocation's to store.
fn addSlices(local: u32) -> vec4<f32> {
  let first = local / LANES * THREADS + local % LANES;
  var sum = tiles[first];
  for (var slice = 1u; slice < SLICES; slice++) { sum += tiles[first + slice * LANES]; }
  return sum;
}

// Row m of a group's outputs, at a quad of pixels.
fn store(sum: vec4<f32>, m: u32, ownGroup: u32, to: u32) {
  if (m >= params.rows) { return; }
  let at = to + m * params.planeQuads;
  y[at] = vec4<T>(finish(sum, ownGroup * params.rows + m, at));
}
