import { openReference } from "@vertebra/parity";
import { beforeEach, describe, expect, it } from "vitest";
import { noGrad } from "./autograd";
import type { Device } from "./backend";
import { setDevice } from "./device";
import { checkLeaks } from "./leaks";
import { add, mul } from "./ops/binary";
import { sum } from "./ops/sum";
import { currentScope, Scope, scope, scoped, unscoped } from "./scope";
import { type Tensor, tensor } from "./tensor";

let device: Device;
beforeEach(() => {
  device = openReference();
  setDevice(device);
});

/** Lets every other async function go on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("scope", () => {
  it("frees what was made in the block, but not what was kept", async () => {
    const kept: Tensor[] = [];
    {
      using s = scope();
      const x = tensor([1, 2]);
      kept.push(s.keep(add(x, x)));
      expect(device.memory().buffers).toBe(2);
    }
    expect(device.memory().buffers).toBe(1);
    expect([...(await (kept[0] as Tensor).data())]).toEqual([2, 4]);
  });

  it("hands a kept tensor to the scope around it, level by level", () => {
    const outer = new Scope(undefined);
    outer.run(() => {
      let x: Tensor;
      {
        using middle = scope();
        {
          using inner = scope();
          x = inner.keep(tensor([1]));
          tensor([2]);
        }
        expect(x.isDisposed).toBe(false);
        middle.keep(x);
      }
      expect([x.isDisposed, x.owner]).toEqual([false, outer]);
    });
    expect(device.memory().buffers).toBe(1);
    outer.end();
    expect(device.memory().buffers).toBe(0);
  });

  it("follows its async function across await while another one runs", async () => {
    const made: Tensor[] = [];
    const task = async (turns: number) => {
      using s = scope();
      for (let i = 0; i < turns; i++) {
        const x = tensor([i]);
        made.push(x);
        expect(x.owner).toBe(s);
        await turn();
        expect(currentScope()).toBe(s);
      }
    };
    await Promise.all([task(2), task(5)]);
    expect(
      Object.values(made)
        .flat()
        .every((x) => x.isDisposed),
    ).toBe(true);
    expect(device.memory().buffers).toBe(0);
  });

  it("keeps tensors of concurrent runs for the scope around them", async () => {
    using s = scope();
    const task = async (value: number, turns: number) => {
      const inner = new Scope(currentScope());
      const result = await inner.run(async () => {
        const x = tensor([value]);
        for (let i = 0; i < turns; i++) await turn();
        return inner.keep(mul(x, x));
      });
      inner.end();
      return result;
    };
    const [a, b] = await Promise.all([task(2, 5), task(3, 1)]);
    expect([a?.owner, b?.owner]).toEqual([s, s]);
    expect([await a?.item(), await b?.item()]).toEqual([4, 9]);
  });

  it("a sync scope inside an async one frees at its end only", async () => {
    using s = scope();
    await turn();
    const y = scoped(() => sum(add(tensor([1]), tensor([2]))));
    expect(y.owner).toBe(s);
    expect(s.size).toBe(1);
    await turn();
    expect(await y.item()).toBe(3);
  });

  it("is over when a block throws", () => {
    const before = currentScope();
    expect(() => {
      using s = scope();
      s.keep(tensor([1])).dispose();
      tensor([2]);
      throw new Error("stop");
    }).toThrow("stop");
    expect(device.memory().buffers).toBe(0);
    expect(currentScope()).toBe(before);
  });

  it("refuses to run once it has ended", () => {
    const s = scope();
    s.end();
    s.end();
    expect(() => s.run(() => 1)).toThrow("scope.run: the scope must not have ended");
  });
});

describe("scoped and unscoped", () => {
  it("scoped keeps tensors found in arrays, maps and plain objects of its result", () => {
    using s = scope();
    const { list, map } = scoped(() => {
      tensor([0]);
      return { list: [tensor([1])], map: new Map([["x", tensor([2])]]), name: "n" };
    });
    expect([list[0]?.isDisposed, map.get("x")?.isDisposed]).toEqual([false, false]);
    expect(s.size).toBe(2);
    expect(device.memory().buffers).toBe(2);
  });

  it("unscoped leaves the owner to the caller", () => {
    let x: Tensor | undefined;
    {
      using _ = scope();
      x = unscoped(() => tensor([1]));
    }
    expect([x.isDisposed, x.owner]).toEqual([false, undefined]);
    x.dispose();
  });
});

describe("freed tensors", () => {
  it("say so when used", () => {
    const x = tensor([1, 2]);
    x.dispose();
    x.dispose();
    expect(() => add(x, 1)).toThrow("tensor: a tensor must not be used after it was freed, got a freed f64 tensor [2]");
  });

  it("checkLeaks names the tensors that are left and where they were made", async () => {
    await expect(checkLeaks(async () => void unscoped(() => tensor([1, 2])))).rejects.toThrow(
      /^checkLeaks: all tensors made inside must be freed, got 1 alive:\nTensor\(\[2\], f64, reference\)\n.*scope\.test/s,
    );
  });

  it("checkLeaks passes the result on when nothing is left, also across await", async () => {
    const value = await checkLeaks(async () => {
      using _ = scope();
      const x = tensor([1, 2]);
      await turn();
      return sum(x).item();
    });
    expect(value).toBe(3);
  });

  it("checkLeaks can be nested", async () => {
    await checkLeaks(async () => {
      await expect(checkLeaks(() => void unscoped(() => tensor([1])))).rejects.toThrow("1 alive");
    });
  });
});

describe("noGrad", () => {
  it("refuses an async function", () => {
    expect(() => noGrad(async () => 1)).toThrow("noGrad: fn must be synchronous, got a promise. Await outside of noGrad");
  });
});
