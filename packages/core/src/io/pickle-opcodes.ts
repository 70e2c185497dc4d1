import type { PickleInput } from "./pickle-input";
import type { PickleMachine } from "./pickle-machine";
import type { PickleValue } from "./pickle-value";

type Run = (machine: PickleMachine, input: PickleInput) => void;
type RunOnBytes = (machine: PickleMachine, bytes: Uint8Array, input: PickleInput) => void;

interface Opcode {
  /** Size of the length that stands in front of the argument; 0 where the argument has a fixed size or ends with its line. */
  readonly lengthBytes: 0 | 1 | 4 | 8;
  readonly run: (machine: PickleMachine, input: PickleInput, bytes?: Uint8Array) => void;
}

/** Opcodes by their byte. Left out are EXT and PERSID and out-of-band buffers. */
const FIXED: readonly (readonly [code: string, run: Run])[] = [
  ["\x80", (machine, input) => checkProtocol(machine, input.u8())],
  // FRAME: its length is a hint for readers that buffer.
  ["\x95", (_, input) => input.length(8)],

  ["N", (machine) => machine.push(null)],
  ["\x88", (machine) => machine.push(true)],
  ["\x89", (machine) => machine.push(false)],
  ["K", (machine, input) => machine.push(input.u8())],
  ["M", (machine, input) => machine.push(input.u16())],
  ["J", (machine, input) => machine.push(input.i32())],
  ["G", (machine, input) => machine.push(input.f64())],
  ["I", (machine, input) => machine.push(parseInt10(input, input.line()))],
  ["L", (machine, input) => machine.push(parseInt10(input, input.line().replace(/L$/, "")))],
  ["F", (machine, input) => machine.push(Number(input.line()))],
  ["S", (machine, input) => machine.push(parseQuoted(input, input.line()))],
  ["V", (machine, input) => machine.push(unescaped(input.line(), UNICODE_ESCAPE))],

  ["(", (machine) => machine.mark()],
  ["0", (machine) => machine.discard()],
  ["1", (machine) => void machine.popMark()],
  ["2", (machine) => machine.push(machine.top())],
  [")", (machine) => machine.push([])],
  ["]", (machine) => machine.push([])],
  ["}", (machine) => machine.push(new Map())],
  ["\x8f", (machine) => machine.push([])],
  ["t", (machine) => machine.push(machine.popMark())],
  ["l", (machine) => machine.push(machine.popMark())],
  ["\x91", (machine) => machine.push(machine.popMark())],
  ["\x85", (machine) => machine.tuple(1)],
  ["\x86", (machine) => machine.tuple(2)],
  ["\x87", (machine) => machine.tuple(3)],
  ["d", (machine) => pushDict(machine)],
  ["a", (machine) => machine.append([machine.pop()])],
  ["e", (machine) => machine.append(machine.popMark())],
  ["\x90", (machine) => machine.append(machine.popMark())],
  ["s", (machine) => machine.setItems([machine.pop(), machine.pop()].reverse())],
  ["u", (machine) => machine.setItems(machine.popMark())],

  ["p", (machine, input) => machine.remember(Number(input.line()))],
  ["q", (machine, input) => machine.remember(input.u8())],
  ["r", (machine, input) => machine.remember(input.u32())],
  ["\x94", (machine) => machine.remember()],
  ["g", (machine, input) => machine.recall(Number(input.line()))],
  ["h", (machine, input) => machine.recall(input.u8())],
  ["j", (machine, input) => machine.recall(input.u32())],

  ["c", (machine, input) => machine.global(input.line(), input.line())],
  ["\x93", (machine, input) => pushNamedGlobal(machine, input)],
  ["i", (machine, input) => instantiate(machine, input)],
  ["o", (machine) => callMarked(machine)],
  ["R", (machine) => callTop(machine)],
  ["\x81", (machine) => callTop(machine)],
  ["\x92", (machine, input) => callWithKeywords(machine, input)],
  ["b", (machine) => machine.build()],
  ["Q", (machine) => machine.persistent()],
];

const SIZED: readonly (readonly [code: string, lengthBytes: 1 | 4 | 8, run: RunOnBytes])[] = [
  ["X", 4, (machine, bytes, input) => machine.push(decodeUtf8(input, bytes))],
  ["\x8c", 1, (machine, bytes, input) => machine.push(decodeUtf8(input, bytes))],
  ["\x8d", 8, (machine, bytes, input) => machine.push(decodeUtf8(input, bytes))],
  // Python 2's str, which names and numbers' bytes were made of.
  ["T", 4, (machine, bytes) => machine.push(latin1(bytes))],
  ["U", 1, (machine, bytes) => machine.push(latin1(bytes))],
  ["B", 4, (machine, bytes) => machine.push(new Uint8Array(bytes))],
  ["C", 1, (machine, bytes) => machine.push(new Uint8Array(bytes))],
  ["\x8e", 8, (machine, bytes) => machine.push(new Uint8Array(bytes))],
  ["\x96", 8, (machine, bytes) => machine.push(new Uint8Array(bytes))],
  ["\x8a", 1, (machine, bytes, input) => machine.push(parseLong(input, bytes))],
  ["\x8b", 4, (machine, bytes, input) => machine.push(parseLong(input, bytes))],
];

export const OPCODES: ReadonlyMap<number, Opcode> = new Map([
  ...FIXED.map(([code, run]): [number, Opcode] => [code.charCodeAt(0), { lengthBytes: 0, run }]),
  ...SIZED.map(([code, lengthBytes, run]): [number, Opcode] => [
    code.charCodeAt(0),
    { lengthBytes, run: (machine, input, bytes = new Uint8Array()) => run(machine, bytes, input) },
  ]),
]);

function checkProtocol(machine: PickleMachine, protocol: number): void {
  if (protocol > 5) machine.input.fail("the pickle's protocol must be at most 5", `${protocol}`);
}

/** `42`, and `00` and `01` for False and True. */
function parseInt10(input: PickleInput, text: string): PickleValue {
  if (text === "00" || text === "01") return text === "01";
  if (!/^-?\d{1,300}$/.test(text)) input.fail("integers must be decimal digits", JSON.stringify(text.slice(0, 40)));
  return toNumber(BigInt(text));
}

/** Python 2's repr of a str: `'a\\n'`. */
function parseQuoted(input: PickleInput, line: string): string {
  const text = /^(['"])(.*)\1$/s.exec(line)?.[2];
  return text === undefined
    ? input.fail("text must stand between quotes", JSON.stringify(line.slice(0, 40)))
    : unescaped(text, ESCAPE);
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;
const UNICODE_ESCAPE = /\\u([0-9a-fA-F]{4})/g;
const CONTROL: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Plain text: a code in hexadecimal digits, or a character that stands for another or for itself. */
const unescaped = (text: string, escapes: RegExp): string =>
  text.replace(escapes, (_, hex?: string, char = "") =>
    hex === undefined ? (CONTROL[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** Two's complement, least significant byte first. */
function parseLong(input: PickleInput, bytes: Uint8Array): PickleValue {
  if (bytes.byteLength > 128) input.fail("integers must have at most 128 bytes", `${bytes.byteLength}`);
  let value = 0n;
  for (const byte of bytes.toReversed()) value = value * 256n + BigInt(byte);
  return toNumber(BigInt.asIntN(8 * bytes.byteLength, value));
}

const toNumber = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function decodeUtf8(input: PickleInput, bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return input.fail("text must be UTF-8", "invalid bytes");
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LATIN1 = new TextDecoder("latin1");

/** Of Python 2's str. The Web's latin1 is windows-1252, so bytes from 0x80 on go another way. */
function latin1(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte < 0x80)) return LATIN1.decode(bytes);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function pushDict(machine: PickleMachine): void {
  const items = machine.popMark();
  machine.push(new Map());
  machine.setItems(items);
}

function pushNamedGlobal(machine: PickleMachine, input: PickleInput): void {
  const [name, module] = [machine.pop(), machine.pop()];
  if (typeof name !== "string" || typeof module !== "string") input.fail("names must be text", "other values");
  else machine.global(module, name);
}

function instantiate(machine: PickleMachine, input: PickleInput): void {
  const args = machine.popMark();
  machine.global(input.line(), input.line());
  machine.call(machine.pop(), args);
}

function callMarked(machine: PickleMachine): void {
  const [callee = null, ...args] = machine.popMark();
  machine.call(callee, args);
}

function callTop(machine: PickleMachine): void {
  const args = machine.pop();
  machine.call(machine.pop(), args);
}

function callWithKeywords(machine: PickleMachine, input: PickleInput): void {
  const keywords = machine.pop();
  if (!(keywords instanceof Map) || keywords.size > 0) input.fail("calls must have no keywords", "some");
  callTop(machine);
}
