import { DeviceError, formatShape, type MemoryInfo, OutOfMemoryError } from "@vertebra/core";
import type { Call } from "./dispatch";

const WHERE = "webgpu";
const OPEN = "Open a new device with webgpu().open()";

/** A device that was closed. */
export const closed = (): DeviceError =>
  new DeviceError(WHERE, { rule: "the device must be open", got: "a closed one", fix: "Open a new one with webgpu().open()" });

/** A device that is gone by no wish of the program. */
export const lost = (adapter: string, message: string): DeviceError =>
  new DeviceError(WHERE, {
    rule: "the GPU must stay with the process, but the device was lost",
    got: `${adapter}: ${message}`,
    fix: `${OPEN} and load the last checkpoint; its tensors are gone`,
  });

/** A kernel that the adapter doesn't compile. */
export const uncompiled = (kernel: string, adapter: string, message: string, call: Call | undefined): DeviceError =>
  new DeviceError(WHERE, {
    rule: `the kernel ${kernel} must compile`,
    got: `${callText(call)} on ${adapter}: ${firstWords(message)}`,
    fix: "Report it with this text, and use the cpu meanwhile",
  });

/** Work that the GPU doesn't take; `call` was recorded last. */
export const refused = (adapter: string, message: string, call: Call | undefined): DeviceError =>
  new DeviceError(WHERE, {
    rule: "the GPU must take what is recorded",
    got: `up to ${callText(call)} on ${adapter}: ${firstWords(message)}`,
    fix: "Report it with this text, and use the cpu meanwhile",
  });

/** An argument whose values went with earlier work. */
export const lostValues = (where: string, cause: Error): DeviceError =>
  new DeviceError(where, {
    rule: "arguments must have values, but these were lost with work that failed before",
    got: `"${cause.message}"`,
    fix: "Make them again; load a model's weights again",
  });

/** How much there is of what. */
interface Use extends MemoryInfo {
  readonly idleBytes: number;
}

const useText = ({ bytesInUse, buffers, idleBytes }: Use): string =>
  `${bytesInUse} bytes in ${buffers} buffers in use${idleBytes > 0 ? ` and ${idleBytes} bytes idle, given back now` : ""}`;

/** The GPU has no room for a buffer. */
export const outOfMemory = (bytes: number | undefined, use: Use, adapter: string, message: string): OutOfMemoryError =>
  new OutOfMemoryError(WHERE, {
    rule: `${adapter} must have room`,
    got: `${bytes === undefined ? "" : `${bytes} bytes asked, `}${useText(use)}: ${firstWords(message, 1)}`,
    fix: "Free tensors, or use a smaller batch",
  });

/** A tensor that no buffer can hold. */
export const tooLarge = (bytes: number, most: number, use: Use, adapter: string): OutOfMemoryError =>
  new OutOfMemoryError(WHERE, {
    rule: `a tensor must fit one buffer of ${adapter}, ${most} bytes`,
    got: `${bytes} bytes asked, ${useText({ ...use, idleBytes: 0 })}`,
    fix: "Use a smaller batch",
  });

/** Compilers go on with underlined source, Dawn with where it stood in its own code. */
const firstWords = (message: string, lines = 2): string =>
  message.trim().split("\n").slice(0, lines).join(" ").replace(/\s+/g, " ").replace(/\.$/, "");

const callText = (call: Call | undefined): string =>
  call ? `${call.op} of ${shapesText(call.inputs)} → ${shapesText(call.outputs)}` : "unknown work";
const shapesText = (operands: Call["inputs"]): string => operands.map(({ shape }) => formatShape(shape)).join(", ") || "nothing";
