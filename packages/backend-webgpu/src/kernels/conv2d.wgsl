// Convolution as an implicit matrix product, and by other tables its gradient by the input:
//   y[n, m, p] = Σₖ a[m, k] · x[n, p moved by tap k],    rows m: output channels of a group, columns: pixels p of all images n.
// Source: Chetlur et al. 2014 (cuDNN), section 3: the matrix of input patches exists in workgroup memory only, tile by tile.
//
// A tap k says where its weight and its input element lie: (weight offset, input offset, rows down, columns right). A phase is
// a set of outputs, `step` apart, that have the same taps: one for a convolution, stride² for the gradient by the input.
// A workgroup makes BM × BN outputs, an invocation 8 × 4 of them, by name: arrays would lie in memory where loops stay loops. Tiles of
// a and of the patches go through workgroup memory BK taps at a time. Sums of 256 terms are added to the total, so that no sum is longer.
// Where outputs are few, tiles are small and SLICES · 8 × 4 invocations share them: each slice takes every SLICES-th tap.

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
// Rows of a's tile are one quad apart from a multiple of the banks: it is written down its columns.
const STRIDE_A = QUADS_M + 1u;
const K_STEP = THREADS / QUADS_N;
const TILE_X = BK * STRIDE_A; // where the patches' tile begins, behind a's
const TILES = TILE_X + BK * QUADS_N;

override hasBounds: bool = true; // false where no tap leaves the input
override hasScale: bool = false;
override hasShift: bool = false; // also a convolution's bias
override hasResidual: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  rows: u32,
  groups: u32,
  images: u32,
  phases: u32,
  tilesM: u32,
  tilesN: u32, // of the largest phase
  height: i32, // of x
  width: i32,
  imageX: i32, // elements from one to the next
  groupX: i32,
  groupA: u32,
  rowA: u32,
  planeY: u32,
  widthY: u32,
  stepXh: i32, // from a phase's pixel to the next, in x and in y
  stepXw: i32,
  stepYh: u32,
  stepYw: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<T>;
@group(0) @binding(2) var<storage, read> x: array<T>;
// Two rows a phase: (first tap, taps, height, width), (x of pixel 0: row, column; y of pixel 0: row, column); then the taps.
@group(0) @binding(3) var<storage, read> table: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read> scale: array<f32>;
@group(0) @binding(5) var<storage, read> shift: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<T>;
@group(0) @binding(7) var<storage, read_write> y: array<T>;

// The tiles, and in the end four of the eight rows of all slices' sums.
var<workgroup> tiles: array<vec4<f32>, max(TILES, select(0u, 4u * THREADS, SLICES > 1u))>;

fn finish(sum: f32, channel: u32, at: u32) -> f32 {
  var value = sum;
  if (hasScale) { value *= scale[channel]; }
  if (hasShift) { value += shift[channel]; }
  if (hasResidual) { value += f32(residual[at]); }
  switch activation {
    case 1u: { return max(value, 0.0f); }
    case 2u: { return clamp(value, 0.0f, 6.0f); }
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
  // Tiles of one column of the matrix stand side by side: they read the same pixels.
  var rest = group.y * groups.x + group.x;
  let firstRow = (rest % params.tilesM) * BM;
  rest /= params.tilesM;
  let firstColumn = (rest % params.tilesN) * BN;
  rest /= params.tilesN;
  let phase = rest % params.phases;
  let ownGroup = rest / params.phases;

  let extent = table[phase * 2u];
  let start = table[phase * 2u + 1u];
  let taps = u32(extent.y);
  let firstTap = 2u * params.phases + u32(extent.x);
  let widthP = u32(extent.w);
  let pixels = u32(extent.z) * widthP;
  let columns = params.images * pixels;
  if (ownGroup >= params.groups || firstColumn >= columns) { return; }

  // The four pixels that this invocation makes, and whose patches it brings in at every tap: row and column in x, and where that is.
  let slice = local / LANES;
  let quad = local % QUADS_N;
  let threadRow = local % LANES / QUADS_N;
  let at = vec4<u32>(firstColumn + quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
  let isPixel = at < vec4<u32>(columns);
  let image = at / pixels;
  let pixel = at % pixels;
  // A pixel past the end reads as one far outside.
  let outside = vec4<i32>(-1000000);
  let row = select(outside, vec4<i32>(pixel / widthP) * params.stepXh + start.x, isPixel);
  let column = vec4<i32>(pixel % widthP) * params.stepXw + start.y;
  let base = vec4<i32>(image) * params.imageX + i32(ownGroup) * params.groupX + row * params.width + column;
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
  for (var first = 0u; first < taps; first += BK) {
    // a's tile: four rows of one tap an invocation, neighbours at neighbouring taps.
    for (var task = local; task < BK * QUADS_M; task += THREADS) {
      let k = task % BK;
      let rows = firstRow + (task / BK) * 4u;
      var quadA = vec4<f32>();
      if (first + k < taps) {
        let at = weights + u32(table[firstTap + first + k].x);
        if (rows < params.rows) { quadA.x = f32(a[at + rows * params.rowA]); }
        if (rows + 1u < params.rows) { quadA.y = f32(a[at + (rows + 1u) * params.rowA]); }
        if (rows + 2u < params.rows) { quadA.z = f32(a[at + (rows + 2u) * params.rowA]); }
        if (rows + 3u < params.rows) { quadA.w = f32(a[at + (rows + 3u) * params.rowA]); }
      }
      tiles[k * STRIDE_A + task / BK] = quadA;
    }
    // The patches' tile: the same four pixels at every K_STEP-th tap.
    for (var k = local / QUADS_N; k < BK; k += K_STEP) {
      var values = vec4<f32>();
      if (first + k < taps) {
        let tap = table[firstTap + first + k];
        let source = base + tap.y;
        var isInside = isPixel;
        if (hasBounds) {
          let h = row + tap.z;
          let w = column + tap.w;
          isInside = (h >= vec4<i32>()) & (h < vec4<i32>(params.height)) & (w >= vec4<i32>()) & (w < vec4<i32>(params.width));
        }
        if (isInside.x) { values.x = f32(x[source.x]); }
        if (isInside.y) { values.y = f32(x[source.y]); }
        if (isInside.z) { values.z = f32(x[source.z]); }
        if (isInside.w) { values.w = f32(x[source.w]); }
      }
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

  let h = (pixel / widthP) * params.stepYh + u32(start.z);
  let w = (pixel % widthP) * params.stepYw + u32(start.w);
  // Of each pixel's first channel.
  let to = (image * params.groups + ownGroup) * params.rows * params.planeY + h * params.widthY + w;
  let m = firstRow + threadRow * 8u;
  if (SLICES == 1u) {
    store(total0 + sum0, m + 0u, ownGroup, to, isPixel);
    store(total1 + sum1, m + 1u, ownGroup, to, isPixel);
    store(total2 + sum2, m + 2u, ownGroup, to, isPixel);
    store(total3 + sum3, m + 3u, ownGroup, to, isPixel);
    store(total4 + sum4, m + 4u, ownGroup, to, isPixel);
    store(total5 + sum5, m + 5u, ownGroup, to, isPixel);
    store(total6 + sum6, m + 6u, ownGroup, to, isPixel);
    store(total7 + sum7, m + 7u, ownGroup, to, isPixel);
    return;
  }
  // The slices' sums are added in order, four rows at a time, by the first four slices: each a row.
  tiles[local] = total0 + sum0;
  tiles[THREADS + local] = total1 + sum1;
  tiles[2u * THREADS + local] = total2 + sum2;
  tiles[3u * THREADS + local] = total3 + sum3;
  workgroupBarrier();
  if (slice < 4u) { store(addSlices(local), m + slice, ownGroup, to, isPixel); }
  workgroupBarrier();
  tiles[local] = total4 + sum4;
  tiles[THREADS + local] = total5 + sum5;
  tiles[2u * THREADS + local] = total6 + sum6;
  tiles[3u * THREADS + local] = total7 + sum7;
  workgroupBarrier();
  if (slice < 4u) { store(addSlices(local), m + 4u + slice, ownGroup, to, isPixel); }
}

// Of the row and the columns that are this invocation's to store.
fn addSlices(local: u32) -> vec4<f32> {
  let first = local / LANES * THREADS + local % LANES;
  var sum = tiles[first];
  for (var slice = 1u; slice < SLICES; slice++) { sum += tiles[first + slice * LANES]; }
  return sum;
}

// Row m of a group's outputs, at four pixels.
fn store(sums: vec4<f32>, m: u32, ownGroup: u32, to: vec4<u32>, isPixel: vec4<bool>) {
  if (m >= params.rows) { return; }
  let channel = ownGroup * params.rows + m;
  let at = to + m * params.planeY;
  if (isPixel.x) { y[at.x] = T(finish(sums.x, channel, at.x)); }
  if (isPixel.y) { y[at.y] = T(finish(sums.y, channel, at.y)); }
  if (isPixel.z) { y[at.z] = T(finish(sums.z, channel, at.z)); }
  if (isPixel.w) { y[at.w] = T(finish(sums.w, channel, at.w)); }
}
