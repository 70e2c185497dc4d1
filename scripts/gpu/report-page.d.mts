import type { StepFile } from "./step-file.mjs";

export interface Merged {
  /** Of the files: `nvidia-h200-webgpu`. */
  readonly name: string;
  readonly backend: string;
  readonly gpu: string;
  readonly steps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface MergeOptions {
  /** Default: webgpu. */
  readonly backend?: "cuda" | "webgpu";
  readonly command: string;
  readonly facts: { readonly hash: string; readonly commit: string };
}

export function merge(files: readonly StepFile[], options: MergeOptions): Merged;
/** Markdown. */
export function page(merged: Merged): string;
