import { describe, expect, test } from "vitest";
import { checkAddress, formatAddress, parseAddress } from "./address";

describe("hf:// addresses", () => {
  test.each([
    ["hf://timm/resnet18.a1_in1k", { repo: "timm/resnet18.a1_in1k", revision: "main", file: undefined }],
    ["hf://a/b/c/d.pth", { repo: "a/b", revision: "main", file: "c/d.pth" }],
    ["hf://a/b@v1.0/d.pth", { repo: "a/b", revision: "v1.0", file: "d.pth" }],
    ["hf://a/b@refs%2Fpr%2F7/d@2.pth", { repo: "a/b", revision: "refs/pr/7", file: "d@2.pth" }],
  ])("%s is read, and written the same", (spec, address) => {
    expect(parseAddress(spec)).toEqual(address);
    expect(formatAddress(address)).toBe(spec);
  });

  test.each(["hf://", "hf://name", "hf://a/b@", "hf://a/b/", "hf:///b/c", "hf://@/b"])(
    "%s is an error that shows the form",
    (spec) => {
      expect(() => parseAddress(spec)).toThrow(`an address of the hub must be hf://owner/name[@revision][/file], got "${spec}"`);
    },
  );
});

describe("names that could lead elsewhere", () => {
  const repos = [
    "name",
    "a/b/c",
    "../b",
    "a/..",
    "a/.b",
    "a/b.",
    "a/b..c",
    "a/b--c",
    "a/-b",
    "a b/c",
    "/etc/passwd",
    "a\\b/c",
    "a/b\0",
    "a/b?x",
    "ä/b",
  ];
  test.each(repos)("repo %j is refused", (repo) => {
    expect(() => checkAddress({ repo, revision: "main", file: undefined })).toThrow(/repo must be owner\/name/);
  });

  const paths = [
    "",
    "..",
    "a/../b",
    "./a",
    "/a",
    "a//b",
    "a/",
    "a\\..\\b",
    "C:a",
    "a\0b",
    "a\nb",
    "a?b",
    "a#b",
    "a%2e%2e",
    "a.",
    "a ",
    "...",
    "x".repeat(181),
  ];
  test.each([...paths, "a.incomplete", "a.INCOMPLETE/b"])("file and revision %j are refused", (path) => {
    expect(() => checkAddress({ repo: "a/b", revision: "main", file: path })).toThrow(/file must be a plain relative path/);
    expect(() => checkAddress({ repo: "a/b", revision: path, file: "c" })).toThrow(/revision must be a plain relative path/);
  });
});
