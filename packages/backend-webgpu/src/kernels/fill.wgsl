// y[i] = value. y as words of 32 bits; smaller elements come as a word that repeats them. Four words an invocation: the buffer is
// long enough for a last vec4 past the end.

struct Params {
  quads: u32,
  word: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = (group.y * groups.x + group.x) * 64u + local;
  if (quad < params.quads) {
    y[quad] = vec4<u32>(params.word);
  }
}
