import { expect, test } from "vitest";
import type { Tensor } from "../tensor";
import { Module } from "./module";

test("a module's type is its class's name without the underscore of a bundler", () => {
  // How esbuild writes a class whose body names itself: with a name of its own inside.
  const Block = class _Block extends Module {
    static readonly expansion = 4;
    readonly expansion = _Block.expansion;
    forward(x: Tensor): Tensor {
      return x;
    }
  };
  expect(new Block().typeName).toBe("Block");
  expect(String(new Block())).toBe("Block()");
});
