import { describe, expect, test } from "vitest";
import { FileFormatError } from "../errors";
import { unpickle } from "./pickle";
import { PickleInput } from "./pickle-input";
import { flattenPickle } from "./pickle-tree";
import { openPth } from "./pth";
import { fromBytes } from "./random-access";
import { assemble, dict, global, legacyFile, pickleOf, text } from "./testing/pickle-bytes";
import { TorchScope } from "./torch-scope";

const read = (bytes: Uint8Array) => unpickle(new PickleInput(fromBytes(bytes), 0, "x.pth"), new TorchScope());

describe("unpickle", () => {
  // Written by CPython 3.11's pickle.dumps of {"a": [1, -2, 2**40, 2**70, 1.5, True, None], "b": ("é", b"\xff")}.
  test.each([
    [
      1,
      "7d71002858010000006171015d710228 4b01 4afeffffff 4c313039393531313632373737364c0a 4c313138303539313632303731373431313330333432344c0a 473ff8000000000000 4930310a 4e 65 5801000000627103 28 5802000000c3a97104 635f636f646563730a656e636f64650a7105 28 5802000000c3bf7106 58060000006c6174696e31 7107 747108 527109 74710a 752e",
    ],
    [
      2,
      "80027d7100285801000000617101 5d7102 28 4b01 4afeffffff 8a06000000000001 8a09000000000000000040 473ff8000000000000 88 4e 65 5801000000627103 5802000000c3a97104 635f636f646563730a656e636f64650a7105 5802000000c3bf7106 58060000006c6174696e31 7107 86 7108 52 7109 86 710a 752e",
    ],
    [
      4,
      "80049541000000000000007d9428 8c0161 94 5d94 28 4b01 4afeffffff 8a06000000000001 8a09000000000000000040 473ff8000000000000 88 4e 65 8c0162 94 8c02c3a9 94 4301ff 94 86 94 752e",
    ],
  ])("reads protocol %d", async (_, hex) => {
    const value = await read(fromHex(hex));
    expect(value).toEqual(
      new Map<string, unknown>([
        ["a", [1, -2, 2 ** 40, 2n ** 70n, 1.5, true, null]],
        ["b", ["é", Uint8Array.of(255)]],
      ]),
    );
  });

  test("reads Python 2's text, dicts of pairs and old names", async () => {
    const pairs = assemble(global("collections", "OrderedDict"), "](]", "(U\x01aK\x01ee\x85R");
    expect(await read(pickleOf(pairs))).toEqual(new Map([["a", 1]]));
    const set = assemble(global("__builtin__", "set"), "](K\x01K\x02e\x85R");
    expect(await read(pickleOf(set))).toEqual([1, 2]);
    expect(await read(pickleOf("U\x02\xe9\x01"))).toBe("é\x01");
  });

  // Values of CPython 3.11's pickle.loads(…, encoding="latin1").
  test.each([
    ["S'plain'\n", "plain"],
    ['S"it\'s"\n', "it's"],
    ["S'a\\n\\t\\x1b\\\\\\''\n", "a\n\t\x1b\\'"],
    ["Vplain \\u00e9\\u4e2d \xe9\n", "plain é中 é"],
  ])("reads protocol 0's text %j", async (line, value) => {
    expect(await read(assemble(line, "."))).toBe(value);
  });

  test("takes an object's attributes as its items, and leaves out those of a dict", async () => {
    const namespace = assemble(global("argparse", "Namespace"), ")\x81", dict("lr", "K\x05"), "b");
    expect([...((await read(pickleOf(namespace))) as Map<string, number>)]).toEqual([["lr", 5]]);
    const ordered = assemble(global("collections", "OrderedDict"), ")R", text("x"), "K\x01s", dict("_metadata", "K\x05"), "b");
    expect(await read(pickleOf(ordered))).toEqual(new Map([["x", 1]]));
  });

  test("takes __proto__ as a name like any other", async () => {
    const value = await read(pickleOf(dict("__proto__", dict("polluted", "\x88"))));
    expect([...(value as Map<string, unknown>).keys()]).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("a pickle that wants more than data is refused by name", () => {
  const run = /only build tensors and plain containers, got .*\. It wants to run code: don't load it elsewhere either/;
  const whole = /got .*\. It holds Python objects, not only weights: .*save model\.state_dict\(\)/;
  test.each<[string, Uint8Array, RegExp]>([
    ["os.system", pickleOf(global("posix", "system"), text("id"), "\x85R"), run],
    ["os.system by STACK_GLOBAL", pickleOf(text("os"), text("system"), "\x93", text("id"), "\x85R"), run],
    ["os.system by INST", pickleOf("(", text("id"), "ios\nsystem\n"), run],
    ["os.system by INST with protocol 0's text", assemble("(S'id'\nios\nsystem\n."), run],
    ["os.system with protocol 0's text", assemble("cos\nsystem\n(S'id'\ntR."), run],
    ["os.system by OBJ", pickleOf("(", global("nt", "system"), text("id"), "o"), run],
    ["eval", pickleOf(global("builtins", "eval"), text("1"), "\x85R"), run],
    ["Python 2's eval", pickleOf(global("__builtin__", "eval"), text("1"), "\x85R"), run],
    ["getattr", pickleOf(global("builtins", "getattr"), global("builtins", "object"), text("x"), "\x86R"), run],
    ["a dotted name", pickleOf(text("collections"), text("OrderedDict.__class__"), "\x93"), whole],
    ["subprocess.Popen", pickleOf(global("subprocess", "Popen")), run],
    ["pickle.loads", pickleOf(global("_pickle", "loads")), run],
    ["functools.partial", pickleOf(global("functools", "partial")), run],
    ["torch.load", pickleOf(global("torch.serialization", "load")), run],
    ["torch.hub", pickleOf(global("torch.hub", "load")), run],
    ["a model of torchvision", pickleOf(global("torchvision.models.resnet", "ResNet"), ")\x81"), whole],
    ["a script's own class", pickleOf(global("__main__", "Net"), ")\x81"), whole],
    ["control characters in a name", pickleOf(global("a\x1b[2J", "b")), /got "a\\u001b\[2J\.b"/],
  ])("%s", async (_, pickle, message) => {
    const error = await read(pickle).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
  });

  test("with the file's name in front", async () => {
    const file = legacyFile(assemble(global("posix", "system"), text("id"), "\x85R"), {});
    await expect(openPth(fromBytes(file), "evil.pth")).rejects.toThrow(
      "evil.pth: the pickle must only build tensors and plain containers, got posix.system. It wants to run code: don't load it elsewhere either",
    );
  });
});

describe("a broken pickle is refused with what and where", () => {
  const nested = "]".repeat(200) + "a".repeat(199);
  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", assemble(""), /must end with STOP, got the file's end at byte 0/],
    ["no STOP", assemble("\x80\x02K\x01"), /must end with STOP/],
    ["an unknown opcode", pickleOf("\xff"), /opcodes that data needs, got 0xff/],
    ["an extension", pickleOf("\x82\x01"), /opcodes that data needs, got 0x82/],
    ["protocol 6", assemble("\x80\x06N."), /protocol must be at most 5, got 6/],
    ["an empty stack", pickleOf(""), /the stack must hold/],
    ["a stack that ends at a mark", pickleOf("N(a"), /the stack must hold/],
    ["no mark", pickleOf("t"), /MARK must come before/],
    ["more than one value", pickleOf("NN"), /one value must remain/],
    ["an unknown memo", pickleOf("h\x05"), /no entry 5/],
    ["text of 2^32 - 1 bytes", pickleOf("X\xff\xff\xff\xff"), /text must end inside the file.*4294967295 bytes/],
    ["text of 2^60 bytes", pickleOf("\x8d\0\0\0\0\0\0\0\x10"), /text must end inside the file/],
    ["bytes of 2^60 bytes", pickleOf("\x8e\0\0\0\0\0\0\0\x10"), /text must end inside the file/],
    ["text that isn't UTF-8", pickleOf("X\x01\0\0\0\xff"), /UTF-8/],
    ["an endless line", pickleOf("c", "a".repeat(5000)), /at most 512 characters/],
    ["an integer of 200 bytes", pickleOf("\x8a\xc8", new Uint8Array(200)), /at most 128 bytes/],
    ["text without quotes", pickleOf("Sabc\n"), /text must stand between quotes, got "abc"/],
    ["text with one quote", pickleOf("S'\n"), /between quotes/],
    ["an integer that is none", pickleOf("Iabc\n"), /decimal digits/],
    ["appending to a dict", pickleOf("}Na"), /only lists may be appended to, got a dict/],
    ["items of a list", pickleOf("]NNs"), /only dicts may be given items/],
    ["half an item", pickleOf("}(Nu"), /pairs of key and value/],
    ["state for a list", pickleOf("]}b"), /only known objects may be given state/],
    ["a call of text", pickleOf(text("os.system"), ")R"), /a call must be of an allowed function/],
    ["a call of what may only be mentioned", pickleOf(global("builtins", "object"), ")R"), /got builtins\.object and 0 values/],
    ["keywords", pickleOf(global("torch", "Size"), ")", dict("x", "N"), "\x92"), /no keywords/],
    ["a list that holds itself", pickleOf("]q\x00h\x00a"), /nested at most 64 deep/],
    ["deep nesting", pickleOf(nested), /nested at most 64 deep/],
    ["2^40 values made of 40 lists", pickleOf("]K\x01a", "q\x000](h\x00h\x00e".repeat(40)), /at most 262144 values/],
  ])("%s", async (_, pickle, message) => {
    const error = await read(pickle)
      .then((value) => flattenPickle(value, "x.pth"))
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
  });
});

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/\w\w/g) ?? [], (byte) => Number.parseInt(byte, 16));
}
