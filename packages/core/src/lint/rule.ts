import type { Module } from "../nn/module";
import type { Shape } from "../shape";
import type { Graph } from "./graph";
import type { Trace } from "./trace";

/** An error can't work; a warning works worse than it could; a note is worth knowing. */
export type Severity = "error" | "warning" | "note";

/** What a rule says about one place; severity and fix default to the rule's. */
export interface Found {
  /** Path of the layer; empty for the model itself. */
  readonly path: string;
  readonly message: string;
  readonly severity?: Severity;
  readonly fix?: string;
}

/** What rules look at: the model, and what it did at evaluation and in training. */
export interface LintSubject {
  readonly model: Module<unknown>;
  readonly inputShape: Shape;
  readonly evaluation: Trace;
  readonly training: Trace;
  /** Of the call at evaluation. */
  readonly graph: Graph;
  /** Of the call in training. */
  readonly trainingGraph: Graph;
}

export interface LintRule {
  readonly severity: Severity;
  /** Why it matters. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
  readonly find: (subject: LintSubject) => readonly Found[];
}

/** `1,024 parameters`. */
export const countOf = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

/** Path of the module that owns a parameter or layer: `layer1.0` of `layer1.0.conv1`. */
export const ownerOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("."), 0));

/** True if `path` is `ancestor` or below it. */
export const isWithin = (path: string, ancestor: string): boolean =>
  ancestor === "" || path === ancestor || path.startsWith(`${ancestor}.`);
