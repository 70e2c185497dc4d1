import { expect, it } from "vitest";
import { secondsTo } from "./accuracy-goal.mjs";

const epochs = [
  { seconds: 3, accuracy: 0.98 },
  { seconds: 2, accuracy: 0.993 },
  { seconds: 2, accuracy: 0.991 },
];

it("adds up the seconds to the first epoch that is good enough", () => {
  expect(secondsTo(epochs, 0.99)).toBe(5);
});

it("has no seconds where no epoch is", () => {
  expect(secondsTo(epochs, 0.999)).toBeUndefined();
});
