import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ArgumentError } from "@vertebra/core";

/** How and where to download; what isn't given comes from variables of the environment. */
export interface DownloadOptions {
  /** Path in the repository. Default: `model.safetensors`, or else its index of shards, or `pytorch_model.bin`. */
  readonly file?: string | undefined;
  /** Branch, tag or commit. Default `main`. A branch is looked up once; afterwards the cache answers. */
  readonly revision?: string | undefined;
  /** Default: `VERTEBRA_CACHE`, or `vertebra/hub` in the user's folder for caches. */
  readonly cacheDir?: string | undefined;
  /** Only the cache, no network. Default: whether `VERTEBRA_OFFLINE` or `HF_HUB_OFFLINE` is 1. */
  readonly offline?: boolean | undefined;
  /** Address of the hub or a mirror. Default: `HF_ENDPOINT`, or the Hugging Face Hub. */
  readonly endpoint?: string | undefined;
  /** For private and gated repositories. Default: `HF_TOKEN`. */
  readonly token?: string | undefined;
  /** Called as bytes of a file arrive; those of an earlier, broken download count as done. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Ends the download; what has arrived is kept for the next one. */
  readonly signal?: AbortSignal | undefined;
}

export interface HubSettings {
  readonly cacheDir: string;
  readonly isOffline: boolean;
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ENDPOINT = "https://huggingface.co";

/** Options, then variables, then defaults. An empty variable counts as none. @throws ArgumentError for an endpoint or token that can't be one. */
export function hubSettings(options: DownloadOptions, env: Environment = process.env): HubSettings {
  return {
    cacheDir: resolve(options.cacheDir || env.VERTEBRA_CACHE || defaultCache(env)),
    isOffline: options.offline ?? (isOn(env.VERTEBRA_OFFLINE) || isOn(env.HF_HUB_OFFLINE)),
    endpoint: checkEndpoint(options.endpoint || env.HF_ENDPOINT || DEFAULT_ENDPOINT),
    token: checkToken(options.token || env.HF_TOKEN || undefined),
  };
}

const isOn = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? "");

function defaultCache(env: Environment): string {
  const caches = (process.platform === "win32" ? env.LOCALAPPDATA : undefined) || env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(caches, "vertebra", "hub");
}

function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if ((url?.protocol === "https:" || url?.protocol === "http:") && url.search === "" && url.hash === "") {
    return endpoint.replace(/\/+$/, "");
  }
  const fix = `Set HF_ENDPOINT to something like ${DEFAULT_ENDPOINT}, or unset it`;
  throw new ArgumentError("hub", { rule: "endpoint must be an http or https address", got: JSON.stringify(endpoint), fix });
}

/** The hub's own client refuses others, in words that don't say where the token came from. */
function checkToken(token: string | undefined): string | undefined {
  if (token === undefined || /^hf_[\x21-\x7e]+$/.test(token)) return token;
  const fix = "Look at HF_TOKEN";
  throw new ArgumentError("hub", { rule: "token must begin with hf_", got: `${token.length} other characters`, fix });
}
