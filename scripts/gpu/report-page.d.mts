import type { StepFile } from "./step-file.mjs";

export interface Merged {
  /** Of the files: `nvidia-h200-webgpu`. */
  readonly name: string;
  readonly backend: string;
  readonly gpu: string;
  /** A processor plays the GPU: no time is one of a GPU. */
  readonly isImitation?: boolean;
  readonly steps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface MergeOptions {
  /** Default: webgpu. */
  readonly backend?: "cuda" | "webgpu";
  readonly command: string;
  readonly facts: { readonly hash: string; readonly commit: string };
}

export function merge(files: readonly StepFile[], options: MergeOptions): Merged;
/** Markdown. `beside`: WebGPU's document, whose rows stand beside CUDA's on CUDA's page. */
export function page(merged: Merged, options?: { readonly beside?: Merged | undefined }): string;
