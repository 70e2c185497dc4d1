// Advances the counter of state = [seed low, seed high, stream, counter] by the blocks that uniform.wgsl made of it.

struct Params {
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;

@compute @workgroup_size(1)
fn main() {
  state[3] += params.blocks;
}
