import type { PickleInput } from "./pickle-input";
import { PickleMachine } from "./pickle-machine";
import { OPCODES } from "./pickle-opcodes";
import type { PickleGlobal, PickleValue } from "./pickle-value";

/** What a pickle may refer to outside itself. */
export interface PickleScope {
  /** The class or function of that name. @throws FileFormatError for every one that isn't allowed. */
  find(name: string, where: string): PickleGlobal;
  /** What the persistent id stands for: in PyTorch's files, a storage. */
  persistent(id: PickleValue, where: string): PickleValue;
}

/** Each opcode makes at most one small object: this many take some hundred MB. Real state dicts have 40 for each tensor. */
const MAX_OPCODES = 2 ** 23;

/**
 * Interprets one pickle of protocol 0 to 5 and leaves `input` behind it. Opcodes and names are allow-lists of data; nothing in
 * a pickle can run code here.
 * @throws FileFormatError for anything else, with the byte where it stands.
 * Source: the opcodes' meaning as documented by CPython's `pickletools`.
 */
export async function unpickle(input: PickleInput, scope: PickleScope): Promise<PickleValue> {
  const machine = new PickleMachine(input, scope);
  for (let count = 0; count < MAX_OPCODES; count++) {
    if (!input.isReady) await input.ready();
    const code = input.u8();
    if (code === STOP) return machine.result();
    const opcode = OPCODES.get(code);
    if (opcode === undefined) return input.fail("the pickle must use opcodes that data needs", `0x${code.toString(16)}`);
    if (opcode.lengthBytes === 0) opcode.run(machine, input);
    else {
      const bytes = input.bytes(input.length(opcode.lengthBytes));
      opcode.run(machine, input, bytes instanceof Promise ? await bytes : bytes);
    }
  }
  return input.fail(`the pickle must end within ${MAX_OPCODES} opcodes`, "more");
}

const STOP = ".".charCodeAt(0);
