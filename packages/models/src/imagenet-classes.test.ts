import { expect, test } from "vitest";
import { IMAGENET_CLASSES } from "./imagenet-classes";

test("there are a thousand classes, where PyTorch's weights have them", () => {
  expect(IMAGENET_CLASSES).toHaveLength(1000);
  // torchvision 0.14, models/_meta.py.
  const known = { 0: "tench", 207: "golden retriever", 281: "tabby", 498: "cinema", 954: "banana", 999: "toilet tissue" };
  for (const [index, name] of Object.entries(known)) expect(IMAGENET_CLASSES[Number(index)]).toBe(name);
  expect(IMAGENET_CLASSES.every((name) => name === name.trim() && name !== "")).toBe(true);
});
