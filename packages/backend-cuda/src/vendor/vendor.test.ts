import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conv2d, type Device, matmul, relu, type Tensor, tensor } from "@vertebra/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildHostLibraries } from "../../scripts/build-host-libraries.mjs";
import { tune } from "../index";
import { prepareHost } from "../testing/native";
import { emptyFolder, onDevice, vendorCallsOf } from "../testing/vendor-folder";

const { native } = await prepareHost();
if (native) await buildHostLibraries();

const LARGE = 256;
const ALWAYS = { vendor: "always" } as const;

/** Ones on the diagonal, `value` in the first column. */
const matrix = (device: Device, size: number, value: number): Tensor =>
  tensor(
    Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => (column === 0 ? value : Number(row === column))),
    ),
    { device },
  );
const firstOf = async (y: Tensor): Promise<number> => (await y.data())[0] as number;

describe.skipIf(!native)("libraries beside our kernels, on the test driver", () => {
  let cache = "";
  beforeEach(() => {
    cache = emptyFolder();
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
    vi.stubEnv("VERTEBRA_CUDA_VENDOR", "host");
    vi.stubEnv("VERTEBRA_CUDA_LIBRARIES", "");
    vi.stubEnv("XDG_CACHE_HOME", cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const files = (): string[] => (existsSync(join(cache, "vertebra")) ? readdirSync(join(cache, "vertebra")) : []);
  /** A product, and how many calls a library did for it. */
  const callsFor = (options: Parameters<typeof onDevice>[0], size: number): Promise<readonly [value: number, calls: number]> =>
    onDevice(options, async (device) => {
      const a = matrix(device, size, 3);
      return [await firstOf(matmul(a, a)), vendorCallsOf(device)] as const;
    });

  test("do large products, and ours small ones, until somebody measures", async () => {
    expect(await callsFor({}, LARGE)).toEqual([9, 1]);
    expect(await callsFor({}, 32)).toEqual([9, 0]);
    expect(await callsFor(ALWAYS, 32)).toEqual([9, 1]);
  });

  test("stand in the order of calls", () =>
    onDevice(ALWAYS, async (device) => {
      const a = tensor([[-2]], { device });
      const y = relu(matmul(relu(matmul(a, a)), a));
      expect([await firstOf(matmul(a, a)), await firstOf(y), vendorCallsOf(device)]).toEqual([4, 0, 3]);
    }));

  test("are told with their versions, as what they are", () =>
    onDevice({}, async ({ libraries }) => {
      expect(libraries).toEqual([
        expect.stringMatching(/^cuBLASLt 13\.0\.0 \(test library .*\/libcublaslt-host\.so\)$/),
        expect.stringMatching(/^cuDNN 9\.0\.0 \(test library .*\/libcudnn-host\.so\)$/),
      ]);
    }));

  test("that are switched off do nothing", async () => {
    expect(await callsFor({ vendor: false }, LARGE)).toEqual([9, 0]);
    vi.stubEnv("VERTEBRA_CUDA_VENDOR", "off");
    expect(await callsFor(ALWAYS, LARGE)).toEqual([9, 0]);
    await onDevice({}, async ({ libraries }) => expect(libraries).toEqual(["cuBLASLt and cuDNN are switched off"]));
  });

  test("aren't looked for on the test driver unless they are asked for", async () => {
    vi.stubEnv("VERTEBRA_CUDA_VENDOR", "");
    expect(await callsFor(ALWAYS, LARGE)).toEqual([9, 0]);
    await onDevice({}, async ({ libraries }) =>
      expect(libraries).toEqual([expect.stringContaining("aren't used on the test driver")]),
    );
  });

  test("are asked for by words that mean something", async () => {
    vi.stubEnv("VERTEBRA_CUDA_VENDOR", "always");
    await expect(onDevice({}, async () => 0)).rejects.toThrow('VERTEBRA_CUDA_VENDOR must be off or host, got "always"');
    await expect(onDevice({ vendor: "on" as never }, async () => 0)).rejects.toThrow('vendor must be true, false or "always"');
  });

  test("that aren't there, or are something else, are a line with the reason", async () => {
    const folder = emptyFolder();
    vi.stubEnv("VERTEBRA_CUDA_LIBRARIES", folder);
    writeFileSync(join(folder, "libcudnn-host.so"), "no library at all");
    expect(await callsFor(ALWAYS, LARGE)).toEqual([9, 0]);
    await onDevice({}, async ({ libraries }) =>
      expect(libraries).toEqual([
        expect.stringMatching(/^cuBLASLt absent: .*libcublaslt-host\.so: cannot open/),
        expect.stringMatching(/^cuDNN absent: .*libcudnn-host\.so: (file too short|invalid ELF header)/),
      ]),
    );
  });

  test("that refuse a call leave it to our kernels", () =>
    onDevice(ALWAYS, async (device) => {
      const x = tensor(
        [
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
        { device },
      );
      const weight = tensor([[[[10]]]], { device });
      expect([...(await conv2d(x, weight).data())]).toEqual([10, 20, 30, 40]);
      expect(vendorCallsOf(device)).toBe(1);
      // Padding on one side only.
      expect([...(await conv2d(x, weight, undefined, { padding: [1, 0, 0, 0] }).data())]).toEqual([0, 0, 10, 20, 30, 40]);
      expect(vendorCallsOf(device)).toBe(1);
    }));

  test("round f32 to TF32 only by leave", async () => {
    const first = (options: Parameters<typeof onDevice>[0]) =>
      onDevice(options, async (device) => {
        const a = tensor([[1 + 2 ** -12]], { device });
        const maps = tensor([[[[1 + 2 ** -12]]]], { device });
        return [await firstOf(matmul(a, a)), await firstOf(conv2d(maps, maps)), vendorCallsOf(device)];
      });
    const exact = Math.fround((1 + 2 ** -12) ** 2);
    expect(await first(ALWAYS)).toEqual([exact, exact, 2]);
    expect(await first({ ...ALWAYS, tf32: true })).toEqual([1, 1, 2]);
  });

  describe("tune", () => {
    const work =
      (device: Device, sizes: readonly number[] = [8]) =>
      () => {
        for (const size of sizes) matmul(matrix(device, size, 3), matrix(device, size, 3));
      };
    const isVendor = (is: boolean): number => (is ? 1 : 0);

    test("measures each call once, keeps the faster, and later devices go by it", async () => {
      const rows = await onDevice({}, (device) => tune(device, work(device, [8, LARGE, 8])));
      expect(rows.map(({ call }) => call)).toEqual(
        [8, LARGE].map((size) => expect.stringContaining(`matmul 0,0,${size},${size},${size},`)),
      );
      for (const { ownMs, vendorMs = Number.NaN, choice } of rows)
        expect(choice).toBe(vendorMs < ownMs * 0.97 ? "vendor" : "own");
      expect(files()).toEqual([expect.stringMatching(/^cuda-[0-9a-f]{16}\.json$/)]);
      expect(await onDevice({}, (device) => tune(device, work(device, [8, LARGE])))).toEqual([]);
      for (const [i, size] of [8, LARGE].entries())
        expect(await callsFor({}, size)).toEqual([9, isVendor(rows[i]?.choice === "vendor")]);
    });

    /** Measures a product of 8×8 matrices, and rewrites what was kept of it. */
    async function rewrite(text: (before: string) => string): Promise<void> {
      await onDevice({}, (device) => tune(device, work(device)));
      const path = join(cache, "vertebra", files()[0] as string);
      writeFileSync(path, text(readFileSync(path, "utf8")));
    }
    const chosen = (choice: string) => (before: string) => before.replace(/"(own|vendor)"/, `"${choice}"`);

    test("is obeyed against the rule", async () => {
      await rewrite(chosen("vendor"));
      expect(await callsFor({}, 8)).toEqual([9, 1]);
      await rewrite((before) => chosen("own")(before).replace("8,8,8", `${LARGE},${LARGE},${LARGE}`));
      expect(await callsFor({}, LARGE)).toEqual([9, 0]);
    });

    test.each([
      ["is cut off", (before: string) => before.slice(0, -4)],
      ["is of another device", (before: string) => before.replace("host test driver", "another")],
      ["is of another format", (before: string) => before.replace('"format": 1', '"format": 0')],
      ["says what can't be", chosen("neither")],
    ])("begins anew where the file %s", async (_, text) => {
      await rewrite((before) => text(chosen("vendor")(before)));
      expect(await callsFor({}, 8)).toEqual([9, 0]);
      expect(await onDevice({}, (device) => tune(device, work(device)))).toHaveLength(1);
      expect(JSON.parse(readFileSync(join(cache, "vertebra", files()[0] as string), "utf8"))).toMatchObject({ format: 1 });
    });

    test("keeps ours where the library refuses", async () => {
      const rows = await onDevice({}, (device) => {
        const x = tensor([[[[1, 2]]]], { device });
        return tune(device, () => conv2d(x, x, undefined, { padding: [1, 0, 0, 0] }));
      });
      expect(rows).toEqual([expect.objectContaining({ vendorMs: undefined, choice: "own" })]);
    });

    test("has nothing to do without libraries", async () => {
      vi.stubEnv("VERTEBRA_CUDA_VENDOR", "off");
      expect(await onDevice({}, (device) => tune(device, work(device)))).toEqual([]);
    });
  });
});
