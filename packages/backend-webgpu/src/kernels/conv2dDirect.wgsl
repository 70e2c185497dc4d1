// Convolution where a group has few output channels (depthwise and narrow groups), and by other tables its gradient by the input:
//   y[n, m, p] = Σₖ a[m, k] · x[n, p moved by tap k]
// Taps and phases as in conv2d.wgsl. A matrix tile would be nearly empty, so an invocation makes up to four channels of four
// pixels: neighbours read neighbouring pixels, and all of them the same weights. Sums of SUM_TAPS terms are added to the total.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

const SUM_TAPS = 256u;

override channelsEach: u32 = 4u; // of an invocation: 1, 2 or 4
override hasScale: bool = false;
override hasShift: bool = false;
override hasResidual: bool = false;
override activation: u32 = 0u; // none, relu, relu6, silu

struct Params {
  rows: u32,
  groups: u32,
  images: u32,
  phases: u32,
  blocks: u32, // channelsEach rows each
  quads: u32, // of pixels, of the largest phase
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
@group(0) @binding(1) var<storage, read> a: array<T>;
@group(0) @binding(2) var<storage, read> x: array<T>;
@group(0) @binding(3) var<storage, read> table: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read> scale: array<f32>;
@group(0) @binding(5) var<storage, read> shift: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<T>;
@group(0) @binding(7) var<storage, read_write> y: array<T>;

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

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  // [N, phase, group, block, quad of pixels]
  var rest = (group.y * groups.x + group.x) * 64u + local;
  let quad = rest % params.quads;
  rest /= params.quads;
  let firstRow = (rest % params.blocks) * channelsEach;
  rest /= params.blocks;
  let ownGroup = rest % params.groups;
  rest /= params.groups;
  let phase = rest % params.phases;
  let image = rest / params.phases;
  if (image >= params.images) { return; }

  let extent = table[phase * 2u];
  let start = table[phase * 2u + 1u];
  let widthP = u32(extent.w);
  let pixel = vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
  let isPixel = pixel < vec4<u32>(u32(extent.z) * widthP);
  if (!isPixel.x) { return; }
  let firstTap = 2u * params.phases + u32(extent.x);
  // A pixel past the end reads as one far outside.
  let row = select(vec4<i32>(-1000000), vec4<i32>(pixel / widthP) * params.stepXh + start.x, isPixel);
  let column = vec4<i32>(pixel % widthP) * params.stepXw + start.y;
  let base = i32(image) * params.imageX + i32(ownGroup) * params.groupX + row * params.width + column;
  let weights = ownGroup * params.groupA + firstRow * params.rowA;

  var total0 = vec4<f32>();
  var total1 = vec4<f32>();
  var total2 = vec4<f32>();
  var total3 = vec4<f32>();
  for (var first = 0u; first < u32(extent.y); first += SUM_TAPS) {
    let end = min(first + SUM_TAPS, u32(extent.y));
    var sum0 = vec4<f32>();
    var sum1 = vec4<f32>();
    var sum2 = vec4<f32>();
    var sum3 = vec4<f32>();
    for (var k = first; k < end; k++) {
      let tap = table[firstTap + k];
      let h = row + tap.z;
      let w = column + tap.w;
      let isInside = (h >= vec4<i32>()) & (h < vec4<i32>(params.height)) & (w >= vec4<i32>()) & (w < vec4<i32>(params.width));
      let source = base + tap.y;
      var values = vec4<f32>();
      if (isInside.x) { values.x = f32(x[source.x]); }
      if (isInside.y) { values.y = f32(x[source.y]); }
      if (isInside.z) { values.z = f32(x[source.z]); }
      if (isInside.w) { values.w = f32(x[source.w]); }
      // Rows past the last read another group's weights, or 0 past the end; nobody stores them.
      let at = weights + u32(tap.x);
      sum0 += f32(a[at]) * values;
      if (channelsEach > 1u) { sum1 += f32(a[at + params.rowA]) * values; }
      if (channelsEach > 2u) {
        sum2 += f32(a[at + 2u * params.rowA]) * values;
        sum3 += f32(a[at + 3u * params.rowA]) * values;
      }
    }
    total0 += sum0;
    total1 += sum1;
    total2 += sum2;
    total3 += sum3;
  }

  let h = (pixel / widthP) * params.stepYh + u32(start.z);
  let w = (pixel % widthP) * params.stepYw + u32(start.w);
  let to = (image * params.groups + ownGroup) * params.rows * params.planeY + h * params.widthY + w;
  store(total0, firstRow, ownGroup, to, isPixel);
  if (channelsEach > 1u) { store(total1, firstRow + 1u, ownGroup, to, isPixel); }
  if (channelsEach > 2u) {
    store(total2, firstRow + 2u, ownGroup, to, isPixel);
    store(total3, firstRow + 3u, ownGroup, to, isPixel);
  }
}

// Row m of a group's outputs, at four pixels.
fn store(sums: vec4<f32>, m: u32, ownGroup: u32, to: vec4<u32>, isPixel: vec4<bool>) {
  if (m >= params.rows) { return; }
  let channel = ownGroup * params.rows + m;
  let at = to + m * params.planeY;
  y[at.x] = T(finish(sums.x, channel, at.x));
  if (isPixel.y) { y[at.y] = T(finish(sums.y, channel, at.y)); }
  if (isPixel.z) { y[at.z] = T(finish(sums.z, channel, at.z)); }
  if (isPixel.w) { y[at.w] = T(finish(sums.w, channel, at.w)); }
}
