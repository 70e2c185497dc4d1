// y[i] = (word i mod 4 of philox4x32-10(counter = [first + i div 4, 0, stream, 0], key = [seed low, seed high]) >> 8) / 2²⁴;
// state = [seed low, seed high, stream, first]. An invocation makes the four numbers of one counter.
// Source: Salmon et al. 2011, section 3.3 and table 2; the same as core's philox.ts.

struct Params {
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

const ROUNDS = 10u;
const M0 = 0xd2511f53u;
const M1 = 0xcd9e8d57u;
const W0 = 0x9e3779b9u;
const W1 = 0xbb67ae85u;

// Upper 32 bits of a · b from 16-bit halves: no product or sum below exceeds 32 bits.
fn multiplyHigh(a: u32, b: u32) -> u32 {
  let aHigh = a >> 16u;
  let aLow = a & 0xffffu;
  let bHigh = b >> 16u;
  let bLow = b & 0xffffu;
  let upper = aHigh * bLow + ((aLow * bLow) >> 16u);
  let lower = aLow * bHigh + (upper & 0xffffu);
  return aHigh * bHigh + (upper >> 16u) + (lower >> 16u);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = (group.y * groups.x + group.x) * 64u + local;
  if (block >= params.blocks) { return; }
  var key = vec2<u32>(state[0], state[1]);
  var words = vec4<u32>(state[3] + block, 0u, state[2], 0u);
  for (var round = 0u; round < ROUNDS; round++) {
    let high0 = multiplyHigh(M0, words.x);
    let high1 = multiplyHigh(M1, words.z);
    words = vec4<u32>(high1 ^ words.y ^ key.x, M1 * words.z, high0 ^ words.w ^ key.y, M0 * words.x);
    key += vec2<u32>(W0, W1);
  }
  y[block] = vec4<f32>(words >> vec4<u32>(8u)) * 0x1p-24f;
}
