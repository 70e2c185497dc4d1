// A 1×1 convolution, or its gradient by the input, where planes are whole quads: a matrix product for each image and group,
//   y[n, m, p] = Σₖ a[m, k] · x[n, k, p],    rows m: output channels of a group, k: its input channels, columns: quads of pixels.
// Pixels are read and written four at a time, and no index is taken apart inside the loop. A workgroup makes BM × BN outputs, an
// invocation TM × 4. Sums of SUM_BLOCKS · BK terms are added to the total; parts of k as in conv2d.wgsl.

const BM = 64u;
const BN = 64u;
const BK = 16u;
const TM = 4u;
const THREADS = (BM / TM) * (BN / 4u);
const QUADS_M = BM / 4u;
const QUADS_N = BN / 4u;
const SUM_BLOCKS = 256u / BK;
const STRIDE_A = QUADS_M + 1u; // a's tile is written down its columns
const K_STEP = THREADS / QUADS_N;

override hasScale: bool = false;
override hasShift: bool = false; // also a convolution's bias
override hasResidual: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  rows: u32,
  inner: u32, // input channels of a group
  groups: u32,
  images: u32,
  parts: u32,
  partInner: u32, // a multiple of BK
  tilesM: u32,
  tilesN: u32,
  planeQuads: u32,
  groupA: u32,
  rowA: u32,
  columnA: u32,
  quadsY: u32, // of all of y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> shift: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<f32>>;

var<workgroup> tileA: array<vec4<f32>, BK * STRIDE_A>;
var<workgroup> tileX: array<vec4<f32>, BK * QUADS_N>;

fn finish(sum: vec4<f32>, channel: u32, at: u32) -> vec4<f32> {
  var value = sum;
  if (hasScale) { value *= scale[channel]; }
  if (hasShift) { value += shift[channel]; }
  if (hasResidual) { value += residual[at]; }
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
  rest /= params.tilesN;
  let part = rest % params.parts;
  let ownGroup = rest / params.parts;
  if (ownGroup >= params.groups) { return; }

  // The quad of pixels that this invocation brings in and makes.
  let quad = local % QUADS_N;
  let isQuad = firstQuad + quad < params.images * params.planeQuads;
  let image = (firstQuad + quad) / params.planeQuads;
  let pixel = (firstQuad + quad) % params.planeQuads;
  let base = (image * params.groups + ownGroup) * params.inner * params.planeQuads + pixel;
  let weights = ownGroup * params.groupA;

  var total: array<vec4<f32>, TM>;
  var sum: array<vec4<f32>, TM>;
  let end = min((part + 1u) * params.partInner, params.inner);
  var blocks = 0u;
  for (var first = part * params.partInner; first < end; first += BK) {
    for (var task = local; task < BK * QUADS_M; task += THREADS) {
      let k = task % BK;
      let row = firstRow + (task / BK) * 4u;
      var values = vec4<f32>();
      if (first + k < end) {
        let at = weights + (first + k) * params.columnA;
        if (row < params.rows) { values.x = a[at + row * params.rowA]; }
        if (row + 1u < params.rows) { values.y = a[at + (row + 1u) * params.rowA]; }
        if (row + 2u < params.rows) { values.z = a[at + (row + 2u) * params.rowA]; }
        if (row + 3u < params.rows) { values.w = a[at + (row + 3u) * params.rowA]; }
      }
      tileA[k * STRIDE_A + task / BK] = values;
    }
    for (var k = local / QUADS_N; k < BK; k += K_STEP) {
      var values = vec4<f32>();
      if (isQuad && first + k < end) { values = x[base + (first + k) * params.planeQuads]; }
      tileX[k * QUADS_N + quad] = values;
    }
    workgroupBarrier();
    for (var k = 0u; k < BK; k++) {
      let right = tileX[k * QUADS_N + quad];
      for (var r = 0u; r < TM / 4u; r++) {
        let left = tileA[k * STRIDE_A + (local / QUADS_N) * (TM / 4u) + r];
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

  if (!isQuad) { return; }
  for (var r = 0u; r < TM; r++) {
    let m = firstRow + (local / QUADS_N) * TM + r;
    if (m >= params.rows) { break; }
    let channel = ownGroup * params.rows + m;
    let at = (image * params.groups * params.rows + channel) * params.planeQuads + pixel;
    if (params.parts > 1u) {
      y[part * params.quadsY + at] = total[r] + sum[r];
    } else {
      y[at] = finish(total[r] + sum[r], channel, at);
    }
  }
}
