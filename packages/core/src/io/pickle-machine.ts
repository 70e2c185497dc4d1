import type { PickleScope } from "./pickle";
import type { PickleInput } from "./pickle-input";
import { isDict, isStateful, PickleGlobal, type PickleValue, shownValue } from "./pickle-value";

/** The stack, marks and memo of one pickle being read. */
export class PickleMachine {
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at which a MARK stands. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(
    readonly input: PickleInput,
    readonly scope: PickleScope,
  ) {}

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    this.#requireValue();
    return this.#stack.pop() as PickleValue;
  }

  top(): PickleValue {
    this.#requireValue();
    return this.#stack.at(-1) as PickleValue;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** All above the last mark. */
  popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) return this.#fail("MARK must come before what needs it", "none");
    return this.#stack.splice(height);
  }

  /** POP: of a value, or of a mark that stands on top. */
  discard(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  /** The last `count` values as one. */
  tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop());
    this.push(items.reverse());
  }

  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.#fail("the memo must hold what is taken from it", `no entry ${index}`);
    else this.push(value);
  }

  append(items: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.#fail("only lists may be appended to", shownValue(list));
    for (const item of items) list.push(item);
  }

  setItems(items: PickleValue[]): void {
    const dict = this.top();
    if (!isDict(dict)) this.#fail("only dicts may be given items", shownValue(dict));
    if (items.length % 2 !== 0) this.#fail("items must be pairs of key and value", `${items.length} values`);
    for (let i = 0; i < items.length; i += 2) dict.set(items[i] as PickleValue, items[i + 1] as PickleValue);
  }

  global(module: string, name: string): void {
    const known = MOVED_MODULES.get(module) ?? module;
    this.push(this.scope.find(`${known}.${name}`, this.input.where));
  }

  persistent(): void {
    this.push(this.scope.persistent(this.pop(), this.input.where));
  }

  /** Pushes what the callee, of the allow-list, makes of the arguments. */
  call(callee: PickleValue, args: PickleValue): void {
    if (!(callee instanceof PickleGlobal) || callee.call === undefined || !Array.isArray(args)) {
      this.#fail("a call must be of an allowed function with a tuple", `${shownValue(callee)} and ${shownValue(args)}`);
    }
    this.push(callee.call(args, this.input.where));
  }

  /** BUILD: attributes of dicts (`_metadata` of state dicts) aren't weights and are left out. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (isStateful(target)) target.setState(state, this.input.where);
    else if (!isDict(target)) this.#fail("only known objects may be given state", shownValue(target));
  }

  /** What the pickle is, at its STOP. */
  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#marks.length > 0)
      this.#fail("one value must remain at STOP", `${this.#stack.length + 1}`);
    return value;
  }

  #requireValue(): void {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) this.#fail("the stack must hold what an opcode takes", "nothing");
  }

  #fail(rule: string, got: string): never {
    return this.input.fail(rule, got);
  }
}

/** Python 2's names. */
const MOVED_MODULES: ReadonlyMap<string, string> = new Map([
  ["__builtin__", "builtins"],
  ["copy_reg", "copyreg"],
]);
