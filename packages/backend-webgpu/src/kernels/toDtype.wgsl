// y[i] = x[i] as another dtype. To f16 and bf16 rounds to nearest, ties to even, past the range to ±∞; to integers truncates towards
// zero and saturates (NaN → 0); between integers keeps the low bits; to bool is x ≠ 0. x and y as words. By integer arithmetic
// throughout: WGSL promises neither how floats are rounded nor subnormals, infinities and NaN. An invocation makes four words of y, a
// workgroup apart.

// 0: f32, 1: f16, 2: bf16, 3: i32, 4: u8, 5: bool.
override FROM = 0u;
override TO = 1u;
// Elements in a word of each.
override FROM_PER_WORD = select(select(4u, 2u, FROM < 3u), 1u, FROM % 3u == 0u);
override TO_PER_WORD = select(select(4u, 2u, TO < 3u), 1u, TO % 3u == 0u);

const SIZE = 64u;
const WRITES = 4u;
const INFINITY = 0x7f800000u;

struct Params {
  elements: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (group.y * groups.x + group.x) * SIZE * WRITES + local;
  for (var k = 0u; k < WRITES; k++) {
    let at = first + k * SIZE;
    if (at * TO_PER_WORD < params.elements) {
      var word = 0u;
      for (var j = 0u; j < TO_PER_WORD; j++) {
        // Past the end the last element is converted again: its neighbours are nobody's.
        word |= converted(elementAt(min(at * TO_PER_WORD + j, params.elements - 1u))) << (j * (32u / TO_PER_WORD));
      }
      y[at] = word;
    }
  }
}

fn elementAt(i: u32) -> u32 {
  let bits = 32u / FROM_PER_WORD;
  return (x[i / FROM_PER_WORD] >> ((i % FROM_PER_WORD) * bits)) & (0xffffffffu >> (32u - bits));
}

// From an element's bits to those of the other dtype, by way of f32 or i32.
fn converted(bits: u32) -> u32 {
  switch (FROM) {
    case 0u: { return fromFloat(bits); }
    case 1u: { return fromFloat(halfToFloat(bits)); }
    case 2u: { return fromFloat(bits << 16u); }
    default: { return fromInt(bits); }
  }
}

fn fromFloat(bits: u32) -> u32 {
  switch (TO) {
    case 0u: { return bits; }
    case 1u: { return floatToHalf(bits); }
    case 2u: { return floatToBrain(bits); }
    case 3u: { return u32(floatToInt(bits)); }
    case 4u: { return u32(clamp(floatToInt(bits), 0, 255)); }
    default: { return u32((bits & 0x7fffffffu) != 0u); }
  }
}

fn fromInt(bits: u32) -> u32 {
  switch (TO) {
    case 0u: { return intToFloat(bits); }
    case 1u: { return floatToHalf(intToFloat(bits)); }
    case 2u: { return floatToBrain(intToFloat(bits)); }
    case 3u: { return bits; }
    case 4u: { return bits & 255u; }
    default: { return u32(bits != 0u); }
  }
}

fn halfToFloat(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let magnitude = half & 0x7fffu;
  if (magnitude < 0x400u) {
    // Subnormal: a whole number of 2⁻²⁴, which an f32 holds exactly.
    return sign | bitcast<u32>(f32(magnitude) * 0x1p-24f);
  }
  let shifted = magnitude << 13u;
  return sign | select(shifted + (112u << 23u), shifted | INFINITY, magnitude >= 0x7c00u);
}

fn floatToHalf(bits: u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > INFINITY) {
    return sign | 0x7e00u;
  }
  if (magnitude >= 0x47800000u) {
    return sign | 0x7c00u;
  }
  if (magnitude >= 0x38800000u) {
    return sign | (rounded(magnitude, 13u) - (112u << 10u));
  }
  // Subnormal: in units of 2⁻²⁴. What is shifted out altogether is under half a unit.
  let fraction = (magnitude & 0x7fffffu) | 0x800000u;
  return sign | rounded(fraction, min(126u - (magnitude >> 23u), 25u));
}

fn floatToBrain(bits: u32) -> u32 {
  return select(rounded(bits, 16u), 0x7fc0u, (bits & 0x7fffffffu) > INFINITY);
}

// value / 2ᵇⁱᵗˢ, ties to even.
fn rounded(value: u32, bits: u32) -> u32 {
  let half = (1u << (bits - 1u)) - 1u;
  return (value + half + ((value >> bits) & 1u)) >> bits;
}

fn floatToInt(bits: u32) -> i32 {
  let magnitude = bits & 0x7fffffffu;
  let exponent = magnitude >> 23u;
  if (exponent < 127u || magnitude > INFINITY) {
    return 0;
  }
  if (exponent >= 158u) {
    return select(0x7fffffff, -0x7fffffff - 1, bits > 0x7fffffffu);
  }
  let fraction = (magnitude & 0x7fffffu) | 0x800000u;
  let whole = select(fraction >> (150u - min(exponent, 150u)), fraction << (max(exponent, 150u) - 150u), exponent > 150u);
  return select(i32(whole), -i32(whole), bits > 0x7fffffffu);
}

fn intToFloat(bits: u32) -> u32 {
  let isNegative = bits > 0x7fffffffu;
  let magnitude = select(bits, 0u - bits, isNegative);
  if (magnitude == 0u) {
    return 0u;
  }
  // The first bit goes to the top, 24 of them stay, and the first of these counts into the exponent.
  let zeros = countLeadingZeros(magnitude);
  let shifted = magnitude << zeros;
  let kept = (shifted >> 8u) + u32((shifted & 0xffu) + ((shifted >> 8u) & 1u) > 0x80u);
  return (select(0u, 0x80000000u, isNegative)) | (((157u - zeros) << 23u) + kept);
}
