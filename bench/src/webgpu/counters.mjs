// Runs in the page, before any library is loaded. Everything that reaches the GPU passes these prototypes, whoever calls.

const [MAP_READ, MAP_WRITE, UNIFORM, STORAGE] = [0x1, 0x2, 0x40, 0x80];

/**
 * What was asked of the device since the page was opened.
 * - `uploadedBytes`: `writeBuffer`, copies out of buffers that the host writes, and device buffers that were created mapped.
 *   Uniform structs are among them.
 * - `mappedBytes`: all of the memory that `unmap` hands over, written or not.
 * - `readBytes`: copies into buffers that the host reads.
 * - `copiedBytes`: copies inside the device.
 * - `boundBytes`: storage buffers bound at each dispatch, as large as they are bound: what a dispatch could move, with what a pool
 *   rounds up.
 */
const counts = {
  dispatches: 0,
  passes: 0,
  submits: 0,
  bindGroups: 0,
  uploadedBytes: 0,
  mappedBytes: 0,
  readBytes: 0,
  copiedBytes: 0,
  boundBytes: 0,
};

export const snapshot = () => ({ ...counts });

/** Makes every dispatch one of no workgroups: all of the JavaScript, none of the device's work. */
export function emptyGrids() {
  before(GPUComputePassEncoder, "dispatchWorkgroups", () => [0, 0, 0]);
}

export function countCalls() {
  countBuffers();
  countDispatches();
  before(GPUQueue, "submit", () => void counts.submits++);
}

const createdMapped = new WeakSet();

function countBuffers() {
  after(GPUDevice, "createBuffer", (buffer, [{ mappedAtCreation }]) => {
    if (mappedAtCreation) createdMapped.add(buffer);
  });
  before(GPUBuffer, "unmap", (_, buffer) => {
    const isNew = createdMapped.has(buffer) && buffer.mapState === "mapped";
    if (buffer.usage & MAP_WRITE || isNew) counts.mappedBytes += buffer.size;
    // Otherwise it is staging, and what is copied out of it counts.
    if (isNew && buffer.usage & (STORAGE | UNIFORM)) counts.uploadedBytes += buffer.size;
  });
  before(GPUQueue, "writeBuffer", ([, , data, offset = 0, size]) => {
    const unit = data.BYTES_PER_ELEMENT ?? 1;
    counts.uploadedBytes += size === undefined ? data.byteLength - offset * unit : size * unit;
  });
  before(GPUCommandEncoder, "copyBufferToBuffer", (args) => {
    const [from, to, bytes] = typeof args[1] === "number" ? [args[0], args[2], args[4]] : args;
    counts[kindOfCopy(from, to)] += bytes ?? from.size;
  });
}

function kindOfCopy(from, to) {
  if (to.usage & MAP_READ) return "readBytes";
  const isStaging = from.usage & MAP_WRITE || (createdMapped.has(from) && !(from.usage & (STORAGE | UNIFORM)));
  return isStaging ? "uploadedBytes" : "copiedBytes";
}

function countDispatches() {
  /** Bytes of the storage buffers of a bind group; the bind groups that a pass has now. */
  const storageBytes = new WeakMap();
  const bound = new WeakMap();
  after(GPUDevice, "createBindGroup", (group, [{ entries }]) => {
    counts.bindGroups++;
    storageBytes.set(
      group,
      [...entries].reduce((sum, { resource }) => sum + storageBytesOf(resource), 0),
    );
  });
  after(GPUCommandEncoder, "beginComputePass", (pass) => {
    counts.passes++;
    bound.set(pass, []);
  });
  before(GPUComputePassEncoder, "setBindGroup", ([index, group], pass) => {
    bound.get(pass)[index] = storageBytes.get(group) ?? 0;
  });
  const add = (_, pass) => {
    counts.dispatches++;
    for (const bytes of bound.get(pass)) counts.boundBytes += bytes ?? 0;
  };
  before(GPUComputePassEncoder, "dispatchWorkgroups", add);
  before(GPUComputePassEncoder, "dispatchWorkgroupsIndirect", add);
}

function storageBytesOf(resource) {
  const { buffer, offset = 0, size } = resource instanceof GPUBuffer ? { buffer: resource } : resource;
  const isStorage = buffer instanceof GPUBuffer && buffer.usage & STORAGE && !(buffer.usage & UNIFORM);
  return isStorage ? (size ?? buffer.size - offset) : 0;
}

/** Calls `listen(args, self)` before `type`'s method; an array that it returns replaces the arguments. */
function before({ prototype }, name, listen) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    return original.apply(this, listen(args, this) ?? args);
  };
}

function after({ prototype }, name, listen) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    const result = original.apply(this, args);
    listen(result, args, this);
    return result;
  };
}
