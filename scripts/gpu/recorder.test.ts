import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Recorder, type RecorderOptions } from "./recorder.mjs";
import { readStep } from "./step-file.mjs";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vertebra-recorder-"));
  path = join(folder, "bench.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (options: Partial<RecorderOptions> = {}) =>
  new Recorder({ step: "bench", path, bundle: "a", deadline: Date.now() + 60_000, ...options });

it("keeps what a case returns, and what it throws as its failure", async () => {
  const recorder = open();
  await recorder.record("good", async () => ({ ms: 2 }));
  await recorder.record("bad", () => Promise.reject(new Error("lost")));
  expect(recorder.finish()).toBe("finished");
  expect(readStep(path, "a")).toMatchObject({
    state: "finished",
    records: { good: { ms: 2 }, bad: { ok: false, error: "lost" } },
  });
});

it("doesn't repeat what an earlier run has recorded", async () => {
  await open().record("case", async () => ({ ms: 1 }));
  const later = open();
  await later.record("case", async () => ({ ms: 2 }));
  later.finish();
  expect(readStep(path)?.records.case).toMatchObject({ ms: 1 });
});

it("starts afresh with another bundle", async () => {
  await open().record("case", async () => ({ ms: 1 }));
  const other = open({ bundle: "b" });
  await other.record("case", async () => ({ ms: 2 }));
  expect(readStep(path, "a")).toBeUndefined();
  expect(readStep(path, "b")?.records.case).toMatchObject({ ms: 2 });
});

it("gives up a case that has ended the process twice", async () => {
  for (let i = 0; i < 2; i++) void open().record("deadly", () => new Promise(() => {}));
  await open().record("deadly", () => Promise.reject(new Error("must not run")));
  expect(readStep(path)?.records.deadly?.error).toMatch(/begun 2 times/);
});

it("leaves cases open that there is no time for", async () => {
  const recorder = open();
  await recorder.record("long", async () => ({}), 3600);
  expect(recorder.isOpen("long")).toBe(true);
  expect(recorder.finish()).toBe("out of time");
});

it("leaves a case open that says it was cut short", async () => {
  const recorder = open();
  await recorder.record("cut", async () => ({ isCut: true }));
  expect(recorder.isOpen("cut")).toBe(true);
  expect(recorder.finish()).toBe("out of time");
});

it("is partial with only some of the cases, meant by their first words", async () => {
  const recorder = open({ only: ["matmul", "sum"] });
  for (const key of ["matmul 512", "sum", "sumTo"]) await recorder.record(key, async () => ({}));
  expect(recorder.finish()).toBe("partial");
  expect(Object.keys(readStep(path)?.records ?? {})).toEqual(["matmul 512", "sum"]);
});
