import type { LibraryName, Native } from "../addon";
import { reasonOf } from "../errors";
import { candidatesFor, triedFor } from "./search";

/** A library of a device: present, or why not. */
export type LibraryState =
  | {
      readonly name: LibraryName;
      readonly version: string;
      readonly path: string;
      readonly label?: string | undefined;
      readonly reason?: undefined;
    }
  | { readonly name: LibraryName; readonly reason: string };

/** Where to look, and what to say where nothing was found. */
export interface Search {
  readonly candidates: (name: LibraryName) => readonly string[];
  readonly tried: (name: LibraryName) => string;
  /** What people have to know of what is found there. */
  readonly label?: string;
}

/** The libraries of the machine. */
export const SYSTEM: Search = { candidates: (name) => candidatesFor(name), tried: (name) => triedFor(name) };

/** What a device's libraries are loaded with. */
export interface LibrarySource {
  readonly native: Native;
  readonly device: number;
  readonly search: Search;
}

/** Loads a library from the first place that has one that works. */
export function loadLibrary({ native, device, search }: LibrarySource, name: LibraryName): LibraryState {
  const { candidates, tried, label } = search;
  const reasons: string[] = [];
  for (const path of candidates(name)) {
    try {
      return { name, version: versionText(native.useLibrary(device, name, path)), path, label };
    } catch (error) {
      const reason = reasonOf(error);
      // A bare name that isn't there is told in the words for all.
      if (path.includes("/") || !reason.includes("No such file"))
        reasons.push(reason.includes(path) ? reason : `${path}: ${reason}`);
    }
  }
  return { name, reason: reasons.length > 0 ? reasons.join("; ") : tried(name) };
}

/** 130101 → 13.1.1 */
export const versionText = (version: number): string =>
  [Math.floor(version / 10_000), Math.floor(version / 100) % 100, version % 100].join(".");

/** A line for people. */
export const lineOf = (state: LibraryState): string =>
  state.reason === undefined
    ? `${state.name} ${state.version} (${state.label ? `${state.label} ` : ""}${state.path})`
    : `${state.name} absent: ${state.reason}`;
