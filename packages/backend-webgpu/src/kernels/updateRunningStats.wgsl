// running = (1 − s) · running + s · batch by channel, in place, with s = momentum or 1 / count, which is advanced first.

override hasCount: bool = true;
override isAverage: bool = false;

const SIZE = 256u;

struct Params {
  channels: u32,
  momentum: f32,
  correction: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(2) var<storage, read_write> runningVar: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> count: array<i32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) local: u32) {
  var batches = 0;
  if (hasCount) { batches = count[0] + 1; }
  // Everybody has read it before one writes.
  storageBarrier();
  if (hasCount && local == 0u) { count[0] = batches; }
  let share = select(params.momentum, 1.0f / f32(batches), isAverage);
  for (var c = local; c < params.channels; c += SIZE) {
    runningMean[c] = runningMean[c] * (1.0f - share) + mean[c] * share;
    runningVar[c] = runningVar[c] * (1.0f - share) + variance[c] * (share * params.correction);
  }
}
