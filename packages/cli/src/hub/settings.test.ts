import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { hubSettings } from "./settings";

describe("hubSettings", () => {
  test("without options and variables is online, with the hub and the user's folder for caches", () => {
    const endpoint = "https://huggingface.co";
    const settings = { endpoint, isOffline: false, token: undefined };
    expect(hubSettings({}, {})).toEqual({ ...settings, cacheDir: join(homedir(), ".cache/vertebra/hub") });
    expect(hubSettings({}, { XDG_CACHE_HOME: resolve("/x"), HF_TOKEN: "", HF_ENDPOINT: "" })).toEqual({
      ...settings,
      cacheDir: resolve("/x/vertebra/hub"),
    });
  });

  test("takes options before variables", () => {
    const env = { HF_ENDPOINT: "http://a", HF_TOKEN: "hf_a", VERTEBRA_CACHE: "/a", XDG_CACHE_HOME: "/x", HF_HUB_OFFLINE: "1" };
    expect(hubSettings({}, env)).toEqual({ endpoint: "http://a", token: "hf_a", cacheDir: resolve("/a"), isOffline: true });
    const options = { endpoint: "http://b/m/", token: "hf_b", cacheDir: "/b", offline: false };
    expect(hubSettings(options, env)).toEqual({
      endpoint: "http://b/m",
      token: "hf_b",
      cacheDir: resolve("/b"),
      isOffline: false,
    });
  });

  test.each([
    ["1", true],
    ["true", true],
    ["YES", true],
    ["0", false],
    ["", false],
  ])("VERTEBRA_OFFLINE=%s is %s", (value, isOffline) => {
    expect(hubSettings({}, { VERTEBRA_OFFLINE: value }).isOffline).toBe(isOffline);
  });

  test("refuses what can't be an endpoint or a token, and doesn't show the token", () => {
    for (const endpoint of ["huggingface.co", "ftp://x", "file:///etc", "http://x/?y"]) {
      expect(() => hubSettings({ endpoint }, {})).toThrow(`endpoint must be an http or https address, got "${endpoint}"`);
    }
    expect(() => hubSettings({}, { HF_TOKEN: "secret" })).toThrow(
      "token must begin with hf_, got 6 other characters. Look at HF_TOKEN",
    );
    expect(() => hubSettings({ token: "hf_a\r\nX: y" }, {})).toThrow("token must begin with hf_");
  });
});
