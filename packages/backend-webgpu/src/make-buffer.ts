import type { ErrorScopes } from "./error-scopes";

/** Makes a GPUBuffer. Where the GPU has no room it is one without memory, and `onRefused` is called later. */
export type MakeBuffer = (descriptor: GPUBufferDescriptor, onRefused?: () => void) => GPUBuffer;

/** From here on the GPU may well have no room: work recorded before is submitted first, to be safe from what becomes of this buffer. */
const LARGE_BYTES = 1 << 20;

interface Making {
  readonly gpu: GPUDevice;
  readonly scopes: ErrorScopes;
  readonly queue: { readonly batch: number; flush(): void };
  /** Told of each buffer that there is no room for, and the first batch that could use it. */
  readonly onOutOfMemory: (bytes: number, message: string, batch: number) => Promise<void>;
}

export function bufferMaker({ gpu, scopes, queue, onOutOfMemory }: Making): MakeBuffer {
  return (descriptor, onRefused) => {
    if (descriptor.size >= LARGE_BYTES) queue.flush();
    const { batch } = queue;
    return scopes.watch(
      ["out-of-memory"],
      () => gpu.createBuffer(descriptor),
      (message) => {
        onRefused?.();
        return onOutOfMemory(descriptor.size, message, batch);
      },
    );
  };
}
