// Rates of the device itself, to measure ours against: WebGPU without our backend.
import { create, globals } from "webgpu";

const { GPUBufferUsage } = globals;
const GROUP = 256;
/** Independent chains of an invocation: enough to hide the latency of one operation behind the others. */
const CHAINS = 8;
const FLOPS_PER_ROUND = CHAINS * 4 * 2;
const GROUPS = 8192;
/** A launch takes this long, so that starting it doesn't count. */
const LAUNCH_MS = 30;
const LAUNCHES = 10;

const chains = (text) => Array.from({ length: CHAINS }, (_, i) => text.replaceAll("#", `${i}`)).join("\n    ");

/** Multiply-adds in registers. The factors come from outside, or a compiler would do the sums itself. */
const MULTIPLY_ADDS = `
struct Params { rounds: u32, factor: f32, term: f32, unused: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> results: array<f32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = vec4<f32>(params.factor);
  let b = vec4<f32>(params.term);
  ${chains("var x# = vec4<f32>(f32(id.x) * 1e-6 + #.0);")}
  for (var i = 0u; i < params.rounds; i++) {
    ${chains("x# = fma(x#, a, b);")}
  }
  let all = ${Array.from({ length: CHAINS }, (_, i) => `x${i}`).join(" + ")};
  // Never so large, but a compiler can't know.
  if (all.x + all.y + all.z + all.w > 1e30) { results[id.x] = all.x; }
}`;

const COPY = `
@group(0) @binding(0) var<storage, read> from_: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> to: array<vec4<f32>>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let i = (group.y * groups.x + group.x) * ${GROUP} + local;
  if (i < arrayLength(&to)) { to[i] = from_[i]; }
}`;

let opened;

/** The adapter that our backend takes, and a device of it. Dawn's object stays: all others live by it. */
export async function openGpu() {
  opened ??= (async () => {
    const gpu = create([]);
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error("no adapter");
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
    return { gpu, adapter, device, isSoftware: /swiftshader|llvmpipe|lavapipe/i.test(adapter.info.description) };
  })();
  return opened;
}

/** Multiply-adds of f32 out of registers, in 10⁹ floating-point operations a second. */
export async function peakGflops() {
  const { device, isSoftware } = await openGpu();
  const groups = isSoftware ? 64 : GROUPS;
  const params = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const results = device.createBuffer({ size: groups * GROUP * 4, usage: GPUBufferUsage.STORAGE });
  const launch = await launcher(device, MULTIPLY_ADDS, [params, results]);
  const time = (rounds) => {
    const words = new DataView(new ArrayBuffer(16));
    words.setUint32(0, rounds, true);
    words.setFloat32(4, 0.999, true);
    words.setFloat32(8, 1e-3, true);
    device.queue.writeBuffer(params, 0, words.buffer);
    return launch([groups, 1, 1]);
  };
  let rounds = 16;
  // The first run compiles; then longer ones until one is long enough.
  await time(rounds);
  while ((await time(rounds)) < LAUNCH_MS) rounds *= 2;
  const best = await least(() => time(rounds));
  return (groups * GROUP * rounds * FLOPS_PER_ROUND) / best / 1e6;
}

/** A kernel that copies, read and written bytes counted, in 10⁹ bytes a second. */
export async function copyGigabytes() {
  const { device, isSoftware } = await openGpu();
  const bytes = Math.min(isSoftware ? 32 << 20 : 512 << 20, Math.floor(device.limits.maxStorageBufferBindingSize / 16) * 16);
  const buffers = [0, 1].map(() => device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE }));
  const launch = await launcher(device, COPY, buffers);
  const groups = bytes / 16 / GROUP;
  const grid = [Math.min(groups, 32768), Math.ceil(groups / 32768), 1];
  let count = 1;
  await launch(grid);
  while ((await launch(grid, count)) < LAUNCH_MS) count *= 2;
  const best = await least(() => launch(grid, count));
  for (const buffer of buffers) buffer.destroy();
  return (2 * bytes * count) / best / 1e6;
}

async function least(run) {
  const times = [];
  for (let i = 0; i < LAUNCHES; i++) times.push(await run());
  return Math.min(...times);
}

/** @returns a function that launches `count` times, waits, and tells the milliseconds */
async function launcher(device, code, buffers) {
  device.pushErrorScope("validation");
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  return async (grid, count = 1) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < count; i++) pass.dispatchWorkgroups(...grid);
    pass.end();
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
}
