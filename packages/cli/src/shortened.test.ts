import { expect, test } from "vitest";
import { shortened } from "./shortened";

test("a long list is counted, not shown", () => {
  expect(shortened(["a", "b", "c"], { most: 2 })).toBe("a, b and 1 more");
  expect(shortened(["a", "b"], { most: 2, separator: "; " })).toBe("a; b");
});

test("a name can't speak to the terminal", () => {
  expect(shortened(["\u001b[31mred\n\u009b2J"])).toBe("\\u001b[31mred\\u000a\\u009b2J");
});
