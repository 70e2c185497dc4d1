import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FileFormatError } from "@vertebra/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { HUB_MODULE, needsBuild } from "../testing/built-cli";
import { temporaryFolder } from "../testing/temporary-folder";
import { mountTinyDisk } from "../testing/tiny-disk";
import { DownloadError, downloadWeights } from "./index";
import { HubServer } from "./testing/hub-server";

const folder = temporaryFolder();
const server = new HubServer();
const REPO = "timm/tiny_net.a1_in1k";
const FILE = "model.safetensors";
const TOTAL = 400_000;
const HALF = TOTAL / 2;
const weights = randomBytes(TOTAL);
let commit: string;

const options = () => ({ cacheDir: mkdtempSync(join(folder, "cache-")), endpoint: server.endpoint, offline: false });
/** Where the file and what is beside it lie. */
const beside = (cacheDir: string) => join(cacheDir, REPO, "files", commit);

beforeAll(async () => {
  // Processes of their own have it too.
  vi.stubEnv("HF_TOKEN", "");
  await server.start();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});
beforeEach(() => {
  server.reset();
  commit = server.commit(REPO, "main", { [FILE]: { bytes: weights } });
});

/** Downloads half of the file and is then told to stop. */
async function stopAtHalf(where: ReturnType<typeof options>): Promise<void> {
  const stop = new AbortController();
  server.reset({ holdAfter: HALF });
  const onProgress = (done: number) => done === HALF && stop.abort();
  await expect(downloadWeights(REPO, { ...where, signal: stop.signal, onProgress })).rejects.toThrow(/abort/);
  expect(readdirSync(beside(where.cacheDir))).toEqual([`${FILE}.incomplete`]);
  server.dropConnections();
  server.reset();
}

const ranges = () => server.bodies.map(({ range, bodyBytes }) => [range, bodyBytes]);

async function expectRight(where: ReturnType<typeof options>): Promise<void> {
  const path = await downloadWeights(REPO, where);
  expect(readFileSync(path).equals(weights)).toBe(true);
  expect(readdirSync(dirname(path))).toEqual([FILE]);
}

describe("a download that broke off", () => {
  test("is gone on with by the next call, which asks only for the rest", async () => {
    const where = options();
    await stopAtHalf(where);
    await expectRight(where);
    expect(ranges()).toEqual([[`bytes=${HALF}-${TOTAL - 1}`, HALF]]);
  });

  test("because the connection did, goes on by itself", async () => {
    server.reset({ holdAfter: HALF });
    const onProgress = (done: number) => {
      if (done !== HALF) return;
      server.behaviour.holdAfter = Number.POSITIVE_INFINITY;
      server.dropConnections();
    };
    await expectRight({ ...options(), onProgress } as ReturnType<typeof options>);
    expect(ranges()).toEqual([
      [undefined, HALF],
      [`bytes=${HALF}-${TOTAL - 1}`, HALF],
    ]);
  });

  test("begins again where the server doesn't give parts", async () => {
    const where = options();
    await stopAtHalf(where);
    server.reset({ takesRanges: false });
    await expectRight(where);
    expect(ranges()).toEqual([[`bytes=${HALF}-${TOTAL - 1}`, TOTAL]]);
  });

  test("begins again when the branch has moved", async () => {
    const where = options();
    await stopAtHalf(where);
    const other = randomBytes(TOTAL);
    commit = server.commit(REPO, "main", { [FILE]: { bytes: other } });
    expect(readFileSync(await downloadWeights(REPO, where)).equals(other)).toBe(true);
    expect(ranges()).toEqual([[undefined, TOTAL]]);
  });

  test.each([
    [
      "with other bytes",
      HALF,
      [
        [`bytes=${HALF}-${TOTAL - 1}`, HALF],
        [undefined, TOTAL],
      ],
    ],
    ["with all bytes, but wrong ones", TOTAL, [[undefined, TOTAL]]],
    ["with more bytes than the file has", TOTAL + 1, [[undefined, TOTAL]]],
  ])("%s begins again", async (_, bytes, asked) => {
    const where = options();
    mkdirSync(beside(where.cacheDir), { recursive: true });
    writeFileSync(join(beside(where.cacheDir), `${FILE}.incomplete`), new Uint8Array(bytes));
    await expectRight(where);
    expect(ranges()).toEqual(asked);
  });

  test("with all bytes, and the right ones, needs no more of them", async () => {
    const where = options();
    mkdirSync(beside(where.cacheDir), { recursive: true });
    writeFileSync(join(beside(where.cacheDir), `${FILE}.incomplete`), weights);
    await expectRight(where);
    expect(ranges()).toEqual([]);
  });
});

describe("a server that is broken", () => {
  test("is given up on after three tries that bring nothing new; what has arrived is used later", async () => {
    const where = options();
    await stopAtHalf(where);
    server.reset({ breakAfter: 0 });
    await expect(downloadWeights(REPO, where)).rejects.toThrow(DownloadError);
    expect(server.bodies.length).toBe(3);
    server.reset();
    await expectRight(where);
    expect(ranges()).toEqual([[`bytes=${HALF}-${TOTAL - 1}`, HALF]]);
  });

  test.each([
    [
      "one bit is wrong",
      { alter: (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 777 ? byte ^ 1 : byte))) },
      /must have SHA-256 [0-9a-f]{64}, got/,
    ],
    [
      "there are more bytes",
      { alter: (bytes: Buffer) => Buffer.concat([bytes, bytes]) },
      /must end after 400000 bytes, got more/,
    ],
  ])("so that %s: nothing is kept or used", async (_, behaviour, message) => {
    const where = options();
    server.reset(behaviour);
    const failed = downloadWeights(REPO, where);
    await expect(failed).rejects.toThrow(FileFormatError);
    await expect(failed).rejects.toThrow(message);
    expect(readdirSync(beside(where.cacheDir))).toEqual([]);
    await expect(downloadWeights(REPO, { ...where, offline: true })).rejects.toThrow(/got none below/);
    server.reset();
    await expectRight(where);
  });

  test("so that the end is missing: the half is never used", async () => {
    const where = options();
    server.reset({ endAfter: HALF });
    await expect(downloadWeights(REPO, where)).rejects.toThrow(DownloadError);
    expect(readdirSync(beside(where.cacheDir))).not.toContain(FILE);
    await expect(downloadWeights(REPO, { ...where, offline: true })).rejects.toThrow(/got none below/);
    server.reset();
    await expectRight(where);
  });
});

describe("two downloads of one file at once", () => {
  test("in one process both end right", async () => {
    const where = options();
    await Promise.all([expectPath(where), expectPath(where)]);
    expect(readdirSync(beside(where.cacheDir))).toEqual([FILE]);
  });

  test("one that is under way isn't taken for one that broke off", async () => {
    const where = options();
    server.reset({ holdAfter: HALF });
    let second: Promise<void> | undefined;
    const onProgress = (done: number) => {
      if (done !== HALF || second !== undefined) return;
      server.behaviour.holdAfter = Number.POSITIVE_INFINITY;
      second = expectPath(where).then(() => server.dropConnections());
    };
    await expectPath({ ...where, onProgress } as typeof where);
    await second;
    expect(ranges().slice(0, 2)).toEqual([
      [undefined, HALF],
      [undefined, TOTAL],
    ]);
  });

  async function expectPath(where: ReturnType<typeof options>): Promise<void> {
    expect(readFileSync(await downloadWeights(REPO, where)).equals(weights)).toBe(true);
  }
});

describe.skipIf(needsBuild(HUB_MODULE))("processes of their own", () => {
  /** Downloads, says how many bytes there are, and says `done`. */
  const start = (where: ReturnType<typeof options>) => {
    const body = `import { downloadWeights } from ${JSON.stringify(HUB_MODULE)};
      await downloadWeights(${JSON.stringify(REPO)}, { ...${JSON.stringify(where)}, onProgress: (done) => console.log("at", done) });
      console.log("done");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", body], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    const heard: { words: string; resolve: () => void }[] = [];
    child.stdout.on("data", (chunk) => {
      text += chunk;
      for (const { words, resolve } of heard) if (text.includes(words)) resolve();
    });
    const says = (words: string) => new Promise<void>((resolve) => heard.push({ words, resolve }));
    return { child, says, ended: new Promise<number | null>((resolve) => child.once("close", resolve)) };
  };

  test("that want the same file at the same time both get it", async () => {
    const where = options();
    const children = [start(where), start(where), start(where)];
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(readdirSync(beside(where.cacheDir))).toEqual([FILE]);
    await expectRight({ ...where, offline: true });
  });

  test("that are killed half-way leave what the next one goes on with", async () => {
    const where = options();
    server.reset({ holdAfter: HALF });
    const { child, says, ended } = start(where);
    await says(`at ${HALF}\n`);
    child.kill("SIGKILL");
    await ended;
    server.reset();
    await expectRight(where);
    expect(ranges()).toEqual([[`bytes=${HALF}-${TOTAL - 1}`, HALF]]);
  });
});

const disk = mountTinyDisk(join(folder, "disk"));
test.skipIf(disk === undefined)(
  "a full disk (needs a mount: Linux, root) is said to be full, and nothing is left on it",
  async () => {
    const bytes = randomBytes(2_000_000);
    commit = server.commit(REPO, "main", { [FILE]: { bytes } });
    try {
      const failed = downloadWeights(REPO, { ...options(), cacheDir: disk?.path });
      await expect(failed).rejects.toThrow(
        /2000000 bytes must be writable there, got ENOSPC.*The disk is full: free some space/s,
      );
      expect(readdirSync(beside(disk?.path ?? ""))).toEqual([]);
    } finally {
      disk?.unmount();
    }
  },
);
