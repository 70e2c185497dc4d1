// Convolution where a group has few output channels (depthwise and narrow groups), and by other tables its gradient by the input:
//   y[n, m, p] = Σₖ a[m, k] · x[n, p moved by tap k]
// Taps and phases as in conv2d.wgsl. A matrix tile would be nearly empty, so an invocation makes CHANNELS outputs of one pixel:
// neighbours read neighbouring pixels, and all of them the same weights. Sums of SUM_TAPS terms are added to the total.

const CHANNELS = 1u;
const SUM_TAPS = 256u;

override hasScale: bool = false;
override hasShift: bool = false;
override hasResidual: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  rows: u32,
  groups: u32,
  images: u32,
  phases: u32,
  blocks: u32, // CHANNELS rows each
  pixels: u32, // of the largest phase
  height: i32,
  width: i32,
  imageX: i32,
  groupX: i32,
  groupA: u32,
  rowA: u32,
  planeY: u32,
  widthY: u32,
  stepXh: i32,
  stepXw: i32,
  stepYh: u32,
  stepYw: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read> scale: array<f32>;
@group(0) @binding(5) var<storage, read> shift: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<f32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;

fn finish(sum: f32, channel: u32, at: u32) -> f32 {
  var value = sum;
  if (hasScale) { value *= scale[channel]; }
  if (hasShift) { value += shift[channel]; }
  if (hasResidual) { value += residual[at]; }
  switch activation {
    case 1u: { return max(value, 0.0f); }
    case 2u: { return clamp(value, 0.0f, 6.0f); }
    case 3u: { return value / (1.0f + exp(-value)); }
    default: { return value; }
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  // [N, phase, group, block, pixel]
  var rest = (group.y * groups.x + group.x) * 64u + local;
  let pixel = rest % params.pixels;
  rest /= params.pixels;
  let firstRow = (rest % params.blocks) * CHANNELS;
  rest /= params.blocks;
  let ownGroup = rest % params.groups;
  rest /= params.groups;
  let phase = rest % params.phases;
  let image = rest / params.phases;
  if (image >= params.images) { return; }

  let extent = table[phase * 2u];
  let start = table[phase * 2u + 1u];
  let widthP = u32(extent.w);
  if (pixel >= u32(extent.z) * widthP) { return; }
  let firstTap = 2u * params.phases + u32(extent.x);
  let row = i32(pixel / widthP) * params.stepXh + start.x;
  let column = i32(pixel % widthP) * params.stepXw + start.y;
  let base = i32(image) * params.imageX + i32(ownGroup) * params.groupX + row * params.width + column;
  let weights = ownGroup * params.groupA + firstRow * params.rowA;

  var total: array<f32, CHANNELS>;
  var sum: array<f32, CHANNELS>;
  for (var first = 0u; first < u32(extent.y); first += SUM_TAPS) {
    let end = min(first + SUM_TAPS, u32(extent.y));
    for (var k = first; k < end; k++) {
      let tap = table[firstTap + k];
      let h = row + tap.z;
      let w = column + tap.w;
      if (h >= 0 && h < params.height && w >= 0 && w < params.width) {
        let value = x[base + tap.y];
        for (var c = 0u; c < CHANNELS; c++) {
          // Rows past the last read another group's weights, or 0 past the end; nobody stores them.
          sum[c] += a[weights + u32(tap.x) + c * params.rowA] * value;
        }
      }
    }
    for (var c = 0u; c < CHANNELS; c++) {
      total[c] += sum[c];
      sum[c] = 0.0f;
    }
  }

  let h = (pixel / widthP) * params.stepYh + u32(start.z);
  let w = (pixel % widthP) * params.stepYw + u32(start.w);
  for (var c = 0u; c < CHANNELS; c++) {
    if (firstRow + c >= params.rows) { break; }
    let channel = ownGroup * params.rows + firstRow + c;
    let index = (image * params.groups * params.rows + channel) * params.planeY + h * params.widthY + w;
    y[index] = finish(total[c], channel, index);
  }
}
