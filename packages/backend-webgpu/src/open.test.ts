import { ArgumentError, DeviceError } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { type FoundAdapter, findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { type WebgpuOptions, webgpu } from "./index";
import { openForTests } from "./testing/open-device";

const { device, reason } = await openForTests();
await device?.close();

describe("options", () => {
  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [
      { powerPreferences: "low-power" },
      /^webgpu: option must be a known name, got "powerPreferences"\. Did you mean "powerPreference"\?$/,
    ],
    [{ threads: 2 }, /^webgpu: option must be a known name, got "threads"\. Known: powerPreference, adapter$/],
    [{ powerPreference: "fast" }, /^webgpu: powerPreference must be one of high-performance, low-power, got "fast"$/],
    [{ adapter: 0 }, /^webgpu: adapter must be part of an adapter's name, got 0$/],
    [{ adapter: "" }, /^webgpu: adapter must be part of an adapter's name, got ""$/],
    ["nvidia", /^webgpu: options must be an object, got nvidia$/],
  ];
  test.each(wrong)("%j are refused", async (options, message) => {
    const opening = webgpu(options as WebgpuOptions).open();
    await expect(opening).rejects.toThrow(ArgumentError);
    await expect(opening).rejects.toThrow(message);
  });
});

describe.skipIf(!device)(`opening (${device?.adapter ?? reason})`, () => {
  const find = () => findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });

  test("options that are undefined are left out", async () => {
    const options = { powerPreference: undefined, adapter: process.env.WEBGPU_ADAPTER } as unknown as WebgpuOptions;
    const opened = await webgpu(options).open();
    await opened.close();
  });

  test("an adapter that isn't there is answered with those that are", async () => {
    await expect(webgpu({ adapter: "no such adapter" }).open()).rejects.toThrow(
      /an adapter's name must contain "no such adapter", got \S.*\. Leave the name away/,
    );
  });

  /** The same adapter, but for what it says of itself. */
  const boasting = ({ adapter, ...found }: FoundAdapter, said: { features?: string[]; limits?: Record<string, number> }) => {
    const limits = new Proxy(adapter.limits, {
      get: (own, name) => said.limits?.[name as string] ?? Reflect.get(own, name),
    });
    const features = new Set([...adapter.features, ...(said.features ?? [])]);
    const requestDevice = (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor);
    return { ...found, adapter: { limits, features, requestDevice } as unknown as GPUAdapter };
  };

  test("a limit that the adapter doesn't give names adapter and limit", async () => {
    const found = boasting(await find(), { limits: { maxComputeWorkgroupSizeX: 1 << 20 } });
    const error = await requestDevice(found).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeviceError);
    expect(`${error}`).toContain(`webgpu: the adapter must give a device, got ${found.name}: `);
    expect(`${error}`).toMatch(/maxComputeWorkgroupSizeX.*\. Update the driver or the browser$/s);
  });

  const lacking = ["shader-f16", "subgroups", "timestamp-query"].find((feature) => !device?.features.includes(feature));
  test.skipIf(!lacking)("so does a feature", async () => {
    const found = boasting(await find(), { features: [lacking as string] });
    await expect(requestDevice(found)).rejects.toThrow(
      /the adapter must give a device, got .*\. Update the driver or the browser$/s,
    );
  });
});
