import { runOps, TESTED_OPS, type TestedOp } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import type { Opened } from "./opened";

/** OPS=sum,amax for some of them. */
const ops = (process.env.OPS?.split(",") as TestedOp[] | undefined) ?? TESTED_OPS;

/** Every op of the kit. */
export function testKit({ device, reason }: Opened): void {
  describe.skipIf(!device)(`the conformance kit on ${device?.adapter ?? reason}`, () => {
    afterAll(() => device?.close());

    test.each(ops)("%s", async (op) => {
      const report = await runOps([device as NonNullable<typeof device>], { ops: [op] });
      expect(report.failures.map(({ message }) => message)).toEqual([]);
      expect(report.passed).toBeGreaterThan(0);
    });
  });
}
