import { OutOfMemoryError } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { ALIGNMENT, Allocator } from "./allocator";

const MEBI = 1024 * 1024;

/** An allocator from `base` over memory that can grow to `limit`. */
function allocator({ base = 100, end = MEBI, limit = 4 * MEBI } = {}) {
  let current = end;
  const grow = (bytes: number) => {
    if (current + bytes > limit) return undefined;
    current += bytes;
    return current;
  };
  return new Allocator({ base, end, grow });
}

describe("Allocator", () => {
  it("hands out aligned blocks that don't overlap, through 20,000 random calls", () => {
    const tested = allocator({ limit: 64 * MEBI });
    const live = new Map<number, number>();
    let state = 1;
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      if (live.size > 200 || (live.size > 0 && state % 3 === 0)) {
        const [pointer] = [...live][state % live.size]!;
        tested.release(pointer);
        live.delete(pointer);
        continue;
      }
      const bytes = state % 7 === 0 ? state % 300_000 : state % 500;
      const pointer = tested.allocate(bytes);
      expect(pointer % ALIGNMENT).toBe(0);
      live.set(pointer, Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT));
    }
    let end = 0;
    for (const [pointer, bytes] of [...live].sort(([a], [b]) => a - b)) {
      expect(pointer).toBeGreaterThanOrEqual(end);
      end = pointer + bytes;
    }
    expect(tested.bytesInUse).toBe([...live.values()].reduce((sum, bytes) => sum + bytes, 0));
    for (const pointer of live.keys()) tested.release(pointer);
    expect(tested.bytesInUse).toBe(0);
    // All of it is one block again.
    expect(tested.allocate(tested.capacityBytes)).toBe(128);
  });

  it("grows, and names what was asked, used and free when it can't", () => {
    const tested = allocator();
    tested.allocate(3 * MEBI);
    const fails = () => tested.allocate(2 * MEBI);
    expect(fails).toThrow(OutOfMemoryError);
    expect(fails).toThrow(/2097152 bytes must fit.*got 3145728 bytes in use of \d+, largest free block \d+/);
    expect(tested.allocate(64)).toBeGreaterThan(0);
  });

  it("finds the one block of a size class that is large enough", () => {
    const tested = allocator({ limit: MEBI });
    // 1000 to 1023 lines share a bin; the large one is freed first, so it is behind the others in its list.
    const large = tested.allocate(1023 * 64);
    const others = Array.from({ length: 14 }, () => [tested.allocate(960 * 64), tested.allocate(64)]);
    tested.allocate(MEBI - tested.bytesInUse - 4096);
    tested.release(large);
    for (const [block] of others) tested.release(block!);
    expect(tested.allocate(1022 * 64)).toBe(large);
  });

  it("refuses a pointer that isn't live", () => {
    const tested = allocator();
    const pointer = tested.allocate(64);
    tested.release(pointer);
    expect(() => tested.release(pointer)).toThrow("release takes a live pointer");
  });
});
