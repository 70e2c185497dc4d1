import { ArgumentError } from "@vertebra/core";

/** A file of a repository, as asked for. */
export interface FileAddress {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Path in the repository; undefined for the one that weights usually have. */
  readonly file: string | undefined;
}

export const HUB_SCHEME = "hf://";
const NOTATION = "hf://owner/name[@revision][/file]";
export const DEFAULT_REVISION = "main";

/** What owners and repositories may be called: folders of the cache have these names. */
const REPO = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
/** Nothing that is special in paths of any system, or in addresses. */
const SPECIAL = /[\p{Cc}\\:*?"<>|#%]/u;
/** Left free for what stands beside a file while it is under way. */
const RESERVED = /\.incomplete$/i;
/** File systems take 255 bytes; names of partial files add to this. */
const MAX_SEGMENT_BYTES = 180;

/** `hf://owner/name[@revision][/file]` taken apart; slashes in a revision are written %2F. @throws ArgumentError */
export function parseAddress(spec: string): FileAddress {
  const match = /^hf:\/\/([^/@]+\/[^/@]+)(?:@([^/]+))?(?:\/(.+))?$/.exec(spec);
  if (!match) throw new ArgumentError("weights", { rule: `an address of the hub must be ${NOTATION}`, got: `"${spec}"` });
  const [, repo = "", revision = DEFAULT_REVISION, file] = match;
  return checkAddress({ repo, revision: revision.replaceAll(/%2F/gi, "/"), file });
}

/** The address in the notation that `parseAddress` takes. */
export function formatAddress({ repo, revision, file }: FileAddress): string {
  const at = revision === DEFAULT_REVISION ? "" : `@${revision.replaceAll("/", "%2F")}`;
  return `${HUB_SCHEME}${repo}${at}${file === undefined ? "" : `/${file}`}`;
}

/** The address as it is, if none of its parts can lead out of the cache's folder. @throws ArgumentError */
export function checkAddress(address: FileAddress): FileAddress {
  const { repo, revision, file } = address;
  if (!REPO.test(repo) || repo.includes("..") || /[.-](\/|$)/.test(repo) || repo.includes("--")) {
    const fix = "Letters, digits and single - _ . between them, as in timm/resnet18.a1_in1k";
    throw new ArgumentError("hub", { rule: "repo must be owner/name", got: JSON.stringify(repo), fix });
  }
  requirePath("revision", revision);
  if (file !== undefined) requirePath("file", file);
  return address;
}

/** Folders and a name with slashes between; relative, and without a way up. */
function requirePath(name: string, path: string): void {
  const isSafe = (segment: string) =>
    segment !== "" &&
    !/^\.+$|[. ]$/.test(segment) &&
    !SPECIAL.test(segment) &&
    !RESERVED.test(segment) &&
    Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES;
  if (path.split("/").every(isSafe)) return;
  const rule = `${name} must be a plain relative path, each part at most ${MAX_SEGMENT_BYTES} bytes`;
  throw new ArgumentError("hub", { rule, got: JSON.stringify(path.slice(0, 300)) });
}
