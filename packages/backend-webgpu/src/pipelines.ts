import type { ErrorScopes, OnError } from "./error-scopes";
import type { GpuMemory } from "./launch";
import { MAX_PARAM_WORDS } from "./params";
import type { Shader } from "./shader";

const COMPUTE = 0x4;
/** What can go wrong in compiling: the kernel is at fault, or the driver. */
const KINDS: readonly GPUErrorFilter[] = ["validation", "internal"];
/** Bind groups kept; a training step of a large network has a few hundred. */
const KEPT_BIND_GROUPS = 8192;

/** A pipeline with what binding needs to know. */
export interface Pipeline {
  readonly layout: Layout;
  readonly shader: Shader;
  readonly gpu: GPUComputePipeline;
}

interface Layout {
  readonly id: number;
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** Compiled kernels and their bind groups, each made once. */
export class Pipelines {
  readonly #layouts = new Map<string, Layout>();
  readonly #modules = new WeakMap<Shader, GPUShaderModule>();
  readonly #pipelines = new WeakMap<Shader, Map<string, Pipeline>>();
  readonly #preparing = new WeakMap<Shader, Map<string, Promise<void>>>();
  #bindGroups = new Map<string, GPUBindGroup>();

  constructor(
    readonly device: GPUDevice,
    readonly scopes: ErrorScopes,
    readonly params: GPUBuffer,
    /** Called where a kernel is compiled. @returns what is told if it doesn't. */
    readonly compiling: (shader: Shader) => OnError,
  ) {}

  /** The pipeline of a kernel with these overrides; compiles it where it is new. */
  get(shader: Shader, constants: Readonly<Record<string, number>> | undefined): Pipeline {
    const known = this.#known(shader, constants);
    if (known) return known;
    const create = () => this.device.createComputePipeline(this.#describe(shader, constants));
    return this.#keep(shader, constants, this.scopes.watch(KINDS, create, this.#compiling(shader)));
  }

  /** Compiles in the background. @returns when it is ready, or has failed. */
  prepare(shader: Shader, constants: Readonly<Record<string, number>> | undefined): Promise<void> {
    if (this.#known(shader, constants)) return Promise.resolve();
    const key = keyOf(constants);
    const preparing = this.#preparing.get(shader) ?? new Map<string, Promise<void>>();
    this.#preparing.set(shader, preparing);
    const running = preparing.get(key);
    if (running) return running;
    const fail = this.#compiling(shader);
    const started = this.scopes
      .watch(KINDS, () => this.device.createComputePipelineAsync(this.#describe(shader, constants)), fail)
      .then(
        (gpu) => void this.#keep(shader, constants, gpu),
        (error: unknown) => fail(error instanceof Error ? error.message : String(error), false),
      )
      .finally(() => preparing.delete(key));
    preparing.set(key, started);
    return started;
  }

  /** The bind group of these buffers. */
  bind({ layout, shader }: Pipeline, memories: readonly GpuMemory[]): GPUBindGroup {
    let key = `${layout.id}`;
    for (const { id, offset, size } of memories) key += size === undefined ? `,${id}` : `,${id}+${offset}+${size}`;
    const known = this.#bindGroups.get(key);
    if (known) return known;
    if (this.#bindGroups.size >= KEPT_BIND_GROUPS) this.#bindGroups = new Map();
    const entries: GPUBindGroupEntry[] = memories.map(({ gpu, offset = 0, size }, i) => ({
      binding: i + 1,
      resource: { buffer: gpu, offset, ...(size !== undefined && { size }) },
    }));
    entries.push({ binding: 0, resource: { buffer: this.params, size: MAX_PARAM_WORDS * 4 } });
    const created = this.device.createBindGroup({ label: shader.name, layout: layout.group, entries });
    this.#bindGroups.set(key, created);
    return created;
  }

  /** To be called when buffers are destroyed. */
  forgetBindGroups(): void {
    this.#bindGroups = new Map();
  }

  #known(shader: Shader, constants: Readonly<Record<string, number>> | undefined): Pipeline | undefined {
    return this.#pipelines.get(shader)?.get(keyOf(constants));
  }

  #keep(shader: Shader, constants: Readonly<Record<string, number>> | undefined, gpu: GPUComputePipeline): Pipeline {
    const variants = this.#pipelines.get(shader) ?? new Map<string, Pipeline>();
    this.#pipelines.set(shader, variants);
    const pipeline = { gpu, shader, layout: this.#layoutOf(shader) };
    variants.set(keyOf(constants), pipeline);
    return pipeline;
  }

  /** What is told if it doesn't compile. It is tried again where it is used again, so that the error is the same. */
  #compiling(shader: Shader): OnError {
    const onError = this.compiling(shader);
    return (message, isOutOfMemory) => {
      this.#modules.delete(shader);
      this.#pipelines.delete(shader);
      onError(message, isOutOfMemory);
    };
  }

  #describe(shader: Shader, constants: Readonly<Record<string, number>> = {}): GPUComputePipelineDescriptor {
    const module = this.#modules.get(shader) ?? this.device.createShaderModule({ label: shader.name, code: shader.code });
    this.#modules.set(shader, module);
    const layout = this.#layoutOf(shader).pipeline;
    return { label: shader.name, layout, compute: { module, entryPoint: "main", constants } };
  }

  /** One layout for all kernels that read and write the same bindings. */
  #layoutOf({ access }: Shader): Layout {
    const known = this.#layouts.get(access);
    if (known) return known;
    const entries: GPUBindGroupLayoutEntry[] = [...access].map((mode, i) => ({
      binding: i + 1,
      visibility: COMPUTE,
      buffer: { type: mode === "w" ? "storage" : "read-only-storage" },
    }));
    entries.push({ binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } });
    const group = this.device.createBindGroupLayout({ label: access, entries });
    const pipeline = this.device.createPipelineLayout({ label: access, bindGroupLayouts: [group] });
    const layout = { id: this.#layouts.size, group, pipeline };
    this.#layouts.set(access, layout);
    return layout;
  }
}

function keyOf(constants: Readonly<Record<string, number>> | undefined): string {
  if (!constants) return "";
  let key = "";
  for (const name in constants) key += `${name}=${constants[name]} `;
  return key;
}
