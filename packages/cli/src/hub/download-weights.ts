import { checkAddress, DEFAULT_REVISION, type FileAddress, formatAddress, HUB_SCHEME, parseAddress } from "./address";
import { type CacheRecord, findIntact, recall, remember } from "./cache";
import { DownloadError } from "./download-error";
import { type DownloadOptions, type HubSettings, hubSettings } from "./settings";
import { readShardNames } from "./shards";

/** Where a repository has its weights, the better one first. */
const USUAL_FILES = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"] as const;

/**
 * The path of a repository's file in the cache, downloaded if it isn't there yet. The file's size and checksum (SHA-256 as
 * Git LFS has it, or the git blob's SHA-1) are checked after the download and before each use, so that a half or damaged
 * one is never given out. A broken download is gone on with; several at once, also by other processes, don't meet.
 * With an index (`….index.json`) come the shards that it names, beside it.
 * @throws ArgumentError for names that can't be one, or a cache that can't be written. @throws DownloadError if the file
 * can't be had. @throws FileFormatError if what arrives isn't what the hub has. Aborting throws the signal's reason.
 */
export async function downloadWeights(repo: string, options: DownloadOptions = {}): Promise<string> {
  const address = checkAddress({ repo, revision: options.revision ?? DEFAULT_REVISION, file: options.file });
  const settings = hubSettings(options);
  const { path, record } = await obtain(address, settings, options);
  for (const shard of await readShardNames(path, record.file)) {
    // Of the index's commit: the branch may have moved since.
    await obtain(checkAddress({ repo, revision: record.commit, file: shard }), settings, options);
  }
  return path;
}

/**
 * The path of weights given as a path, which is returned as it is, or as `hf://owner/name[@revision][/file]`, which is downloaded.
 * @throws as downloadWeights does.
 */
export async function resolveWeights(spec: string, options: Omit<DownloadOptions, "file" | "revision"> = {}): Promise<string> {
  if (!spec.startsWith(HUB_SCHEME)) return spec;
  const { repo, ...which } = parseAddress(spec);
  return downloadWeights(repo, { ...options, ...which });
}

interface Obtained {
  readonly path: string;
  readonly record: CacheRecord;
}

async function obtain(address: FileAddress, settings: HubSettings, options: DownloadOptions): Promise<Obtained> {
  const { cacheDir, isOffline } = settings;
  const files = address.file === undefined ? USUAL_FILES : [address.file];
  options.signal?.throwIfAborted();
  let isDamaged = false;
  for (const file of files) {
    const record = await recall(cacheDir, { ...address, file });
    if (record === undefined) continue;
    const path = await findIntact(cacheDir, record);
    if (path !== undefined) return { path, record };
    isDamaged = true;
  }
  if (isOffline) throw offlineError(cacheDir, address, files, isDamaged);

  // Only now, so that who has the weights doesn't wait for the hub's client to load.
  const [{ Remote }, { transfer }] = await Promise.all([import("./remote"), import("./transfer")]);
  const remote = new Remote(settings, options.signal);
  const record = await remote.lookUp(address, files);
  const path = (await findIntact(cacheDir, record)) ?? (await transfer(remote, record, cacheDir, options));
  await remember(cacheDir, record);
  return { path, record };
}

function offlineError(cacheDir: string, address: FileAddress, files: readonly string[], isDamaged: boolean): DownloadError {
  const got = isDamaged ? `one with other bytes than were downloaded, below ${cacheDir}` : `none below ${cacheDir}`;
  return new DownloadError(formatAddress(address), {
    rule: `offline, ${files.join(" or ")} must be in the cache`,
    got,
    fix: "Run it once with a network and without VERTEBRA_OFFLINE and HF_HUB_OFFLINE, or point VERTEBRA_CACHE to a cache that has it",
  });
}
