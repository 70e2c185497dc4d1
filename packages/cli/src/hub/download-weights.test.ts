import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArgumentError } from "@vertebra/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder";
import { DownloadError, downloadWeights, resolveWeights } from "./index";
import { HubServer } from "./testing/hub-server";

const folder = temporaryFolder();
const server = new HubServer();
const REPO = "timm/tiny_net.a1_in1k";
const weights = randomBytes(300_000);
const options = () => ({ cacheDir: mkdtempSync(join(folder, "cache-")), endpoint: server.endpoint });

beforeAll(async () => {
  for (const name of ["HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "VERTEBRA_OFFLINE", "VERTEBRA_CACHE"]) vi.stubEnv(name, "");
  await server.start();
  server.commit(REPO, "main", { "model.safetensors": { bytes: weights }, "sub dir/old.pth": { bytes: weights.subarray(7) } });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});
beforeEach(() => server.reset());

describe("a download", () => {
  test("gives the path of a file with the hub's bytes, under its own name, and tells how far it is", async () => {
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => seen.push(done / total);
    const path = await downloadWeights(REPO, { ...options(), onProgress });
    expect(readFileSync(path).equals(weights)).toBe(true);
    expect(path).toMatch(/model\.safetensors$/);
    expect(seen.at(-1)).toBe(1);
    expect(readdirSync(dirname(path))).toEqual(["model.safetensors"]);
    expect(server.bodies.map(({ encoding }) => encoding)).toEqual(["identity"]);
  });

  test("is done once: afterwards the cache answers, without a single request", async () => {
    const where = options();
    const path = await downloadWeights(REPO, where);
    server.reset();
    expect(await downloadWeights(REPO, where)).toBe(path);
    expect(await downloadWeights(REPO, { ...where, file: "model.safetensors", revision: "main" })).toBe(path);
    expect(server.requests).toEqual([]);
  });

  test("takes files in folders, with spaces in their names", async () => {
    const path = await downloadWeights(REPO, { ...options(), file: "sub dir/old.pth" });
    expect(readFileSync(path).equals(weights.subarray(7))).toBe(true);
  });

  test("takes pytorch_model.bin where there is no model.safetensors, and a file without a byte", async () => {
    server.commit("a/old", "main", { "pytorch_model.bin": { bytes: weights }, empty: { bytes: Buffer.alloc(0) } });
    const where = options();
    expect(await downloadWeights("a/old", where)).toMatch(/pytorch_model\.bin$/);
    expect(readFileSync(await downloadWeights("a/old", { ...where, file: "empty" })).length).toBe(0);
  });

  test("checks a file that is in git itself by its blob's name", async () => {
    // `printf 'hello\n' | git hash-object --stdin`
    const gitSha1 = "ce013625030ba8dba906f756967f9e9ca394464a";
    server.commit("a/git", "main", {
      good: { bytes: Buffer.from("hello\n"), gitSha1 },
      bad: { bytes: Buffer.from("hullo\n"), gitSha1 },
    });
    expect(readFileSync(await downloadWeights("a/git", { ...options(), file: "good" }), "utf8")).toBe("hello\n");
    await expect(downloadWeights("a/git", { ...options(), file: "bad" })).rejects.toThrow(`git blob SHA-1 ${gitSha1}, got `);
  });

  test("of an index brings the shards that it names, all of one commit, and finds them again offline", async () => {
    const index = (...shards: string[]) => ({
      bytes: Buffer.from(JSON.stringify({ weight_map: Object.fromEntries(shards.entries()) })),
    });
    server.commit("a/big", "main", {
      "deep/model.safetensors.index.json": index("one", "two", "one"),
      "deep/one": { bytes: weights },
      "deep/two": { bytes: weights.subarray(1) },
      "up.index.json": index("../two"),
    });
    const where = { ...options(), file: "deep/model.safetensors.index.json" };
    const path = await downloadWeights("a/big", where);
    expect(readdirSync(dirname(path)).sort()).toEqual(["model.safetensors.index.json", "one", "two"]);
    expect(await downloadWeights("a/big", { ...where, offline: true })).toBe(path);
    truncateSync(join(dirname(path), "two"), 5);
    await expect(downloadWeights("a/big", { ...where, offline: true })).rejects.toThrow("deep/two must be in the cache");
    await expect(downloadWeights("a/big", { ...where, file: "up.index.json" })).rejects.toThrow(
      /weight_map must name a file beside/,
    );
  });

  test("of a TensorFlow.js model brings its shards", async () => {
    const model = (...paths: string[]) => ({ bytes: Buffer.from(JSON.stringify({ weightsManifest: [{ paths, weights: [] }] })) });
    server.commit("a/keras", "main", {
      "model.json": model("./one.bin", "two.bin"),
      "one.bin": { bytes: weights },
      "two.bin": { bytes: weights.subarray(1) },
      "up/model.json": model("../one.bin"),
    });
    const path = await downloadWeights("a/keras", { ...options(), file: "model.json" });
    expect(readdirSync(dirname(path)).sort()).toEqual(["model.json", "one.bin", "two.bin"]);
    await expect(downloadWeights("a/keras", { ...options(), file: "up/model.json" })).rejects.toThrow(
      /weightsManifest must name a file beside/,
    );
  });

  test("sends the token", async () => {
    await downloadWeights(REPO, { ...options(), token: "hf_secret" });
    expect(new Set(server.requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer hf_secret"]));
  });
});

describe("revisions", () => {
  test("have their own files; a commit that is there already isn't downloaded again", async () => {
    const other = randomBytes(1000);
    const [first, second] = [weights, other].map((bytes, i) =>
      server.commit("a/moving", i === 0 ? "main" : "refs/pr/1", { "model.safetensors": { bytes } }),
    );
    const where = options();
    const main = await downloadWeights("a/moving", where);
    const pull = await downloadWeights("a/moving", { ...where, revision: "refs/pr/1" });
    expect(readFileSync(main).equals(weights)).toBe(true);
    expect(readFileSync(pull).equals(other)).toBe(true);
    server.reset();
    expect(await downloadWeights("a/moving", { ...where, revision: first })).toBe(main);
    expect(await downloadWeights("a/moving", { ...where, revision: second })).toBe(pull);
    expect(server.requests).toEqual([]);
  });

  test("that are the same commit share one file", async () => {
    const commit = server.commit("a/tagged", "main", { "model.safetensors": { bytes: weights } });
    server.lie("a/tagged", "v1", commit);
    const where = options();
    const path = await downloadWeights("a/tagged", where);
    expect(await downloadWeights("a/tagged", { ...where, revision: "v1" })).toBe(path);
    expect(server.bodies.length).toBe(1);
  });

  test("a commit that would lead out of the cache is refused", async () => {
    server.lie("a/evil", "main", "../../../../outside");
    await expect(downloadWeights("a/evil", options())).rejects.toThrow(/the hub must name the revision's commit/);
  });
});

describe("offline", () => {
  test.each(["VERTEBRA_OFFLINE", "HF_HUB_OFFLINE"])("by %s, a file in the cache is used and nothing is asked", async (name) => {
    const where = options();
    const path = await downloadWeights(REPO, where);
    server.reset();
    vi.stubEnv(name, "1");
    try {
      expect(await downloadWeights(REPO, where)).toBe(path);
      await expect(downloadWeights(REPO, { ...where, file: "sub dir/old.pth" })).rejects.toThrow(
        `hf://${REPO}/sub dir/old.pth: offline, sub dir/old.pth must be in the cache, got none below ${where.cacheDir}. Run it once with a network`,
      );
    } finally {
      vi.stubEnv(name, "");
    }
    expect(server.requests).toEqual([]);
  });

  test("a file that isn't what was downloaded is no file", async () => {
    const where = options();
    const path = await downloadWeights(REPO, where);
    truncateSync(path, 1000);
    await expect(downloadWeights(REPO, { ...where, offline: true })).rejects.toThrow(
      /got one with other bytes than were downloaded/,
    );
  });
});

describe("the cache", () => {
  test.each([
    ["cut off", (path: string) => truncateSync(path, weights.length - 1)],
    ["changed in one bit", (path: string) => writeFileSync(path, flipBit(weights))],
  ])("gets a file again that was %s", async (_, damage) => {
    const where = options();
    const path = await downloadWeights(REPO, where);
    damage(path);
    expect(await downloadWeights(REPO, where)).toBe(path);
    expect(readFileSync(path).equals(weights)).toBe(true);
  });

  test("with a record that isn't whole asks the hub, and sees that the file is right", async () => {
    const where = options();
    const path = await downloadWeights(REPO, where);
    writeFileSync(join(where.cacheDir, REPO, "revisions/main/model.safetensors.json"), '{"commit": "');
    server.reset();
    expect(await downloadWeights(REPO, where)).toBe(path);
    expect(server.bodies).toEqual([]);
    expect(server.requests.length).toBeGreaterThan(0);
  });

  test("that can't be written is an error with the reason", async () => {
    const where = options();
    writeFileSync(join(where.cacheDir, "timm"), "a file");
    const failed = downloadWeights(REPO, where);
    await expect(failed).rejects.toThrow(ArgumentError);
    await expect(failed).rejects.toThrow(/300000 bytes must be writable there, got ENOTDIR/);
  });
});

describe("refusals", () => {
  test("name the file that isn't there and what is", async () => {
    const failed = downloadWeights(REPO, { ...options(), file: "model.safetensor" });
    await expect(failed).rejects.toThrow(DownloadError);
    await expect(failed).rejects.toThrow("must have model.safetensor, got no such file. Did you mean model.safetensors?");
    await expect(downloadWeights(REPO, { ...options(), file: "x" })).rejects.toThrow(
      "Weights in the repository: model.safetensors, sub dir/old.pth",
    );
  });

  test.each([
    [401, "set HF_TOKEN"],
    [404, "Check the repository's name"],
    [503, "Try again"],
  ])("with status %d say what to do", async (status, fix) => {
    server.reset({ status });
    await expect(downloadWeights(REPO, options())).rejects.toThrow(new RegExp(`must answer, got status ${status}\\. .*${fix}`));
  });

  test("of a server that isn't there say why", async () => {
    const gone = await new HubServer().start();
    const { endpoint } = gone;
    await gone.stop();
    await expect(downloadWeights(REPO, { ...options(), endpoint })).rejects.toThrow(
      `${endpoint} must answer, got connect ECONNREFUSED`,
    );
  });

  test("of hostile names come before any request or folder", async () => {
    const where = options();
    await expect(downloadWeights("../../etc", where)).rejects.toThrow(/repo must be owner\/name/);
    await expect(downloadWeights(REPO, { ...where, file: "../../../evil" })).rejects.toThrow(
      /file must be a plain relative path/,
    );
    await expect(downloadWeights(REPO, { ...where, revision: "../evil" })).rejects.toThrow(
      /revision must be a plain relative path/,
    );
    expect(server.requests).toEqual([]);
    expect(readdirSync(where.cacheDir)).toEqual([]);
  });
});

describe("resolveWeights", () => {
  test("returns a path as it is", async () => {
    expect(await resolveWeights("some/where.safetensors")).toBe("some/where.safetensors");
  });

  test("downloads what an hf:// address names, by variables of the environment", async () => {
    const where = options();
    vi.stubEnv("HF_ENDPOINT", `${where.endpoint}/`);
    vi.stubEnv("VERTEBRA_CACHE", join(where.cacheDir, "deep"));
    try {
      const path = await resolveWeights(`hf://${REPO}@main/model.safetensors`);
      expect(path.startsWith(join(where.cacheDir, "deep", REPO))).toBe(true);
      expect(existsSync(path)).toBe(true);
    } finally {
      vi.stubEnv("HF_ENDPOINT", "");
      vi.stubEnv("VERTEBRA_CACHE", "");
    }
  });
});

function flipBit(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[1234] = (copy[1234] ?? 0) ^ 1;
  return copy;
}
