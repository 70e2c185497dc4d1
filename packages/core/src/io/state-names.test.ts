import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { type StateNamesOptions, stateNames } from "./state-names";

const WANTED = new Set(["conv.weight", "bn.weight", "bn.num_batches_tracked", "fc.bias"]);
const under = (prefix: string, names: Iterable<string> = WANTED) => Array.from(names, (name) => `${prefix}${name}`);
const find = (names: readonly string[], options: StateNamesOptions = { wanted: WANTED }) => {
  const { names: found, rules } = stateNames(names, options, "a.pth");
  return { found: Object.fromEntries(found), rules };
};
const of = (prefix: string) => Object.fromEntries(Array.from(WANTED, (name) => [name, `${prefix}${name}`]));

describe("stateNames", () => {
  test("leaves a plain state dict alone", () => {
    expect(find([...WANTED])).toEqual({ found: of(""), rules: [] });
  });

  test.each([
    ["state_dict."],
    ["model."],
    ["model_state_dict."],
    ["net."],
    ["module."],
    ["_orig_mod."],
    ["module._orig_mod."],
    ["state_dict.module."],
    ["model.state_dict."],
    ["state_dict.model."],
    ["backbone."],
    ["state_dict.encoder.net."],
  ])("finds the model's below %s", (prefix) => {
    expect(find(under(prefix)).found).toEqual(of(prefix));
  });

  test("passes by what training loops save beside", () => {
    const loop = ["epoch", "history", "optimizer.state.0.momentum_buffer", "lr_scheduler.base", "scaler.scale"];
    expect(find([...loop, ...under("state_dict.module.")])).toEqual({
      found: of("state_dict.module."),
      rules: ['names below "state_dict"', 'without "module."'],
    });
    expect(find([...WANTED, "optimizer.0.momentum"]).found).toEqual(of(""));
    expect(find([...under("module."), "n_averaged"])).toEqual({
      found: of("module."),
      rules: ['without "n_averaged"', 'without "module."'],
    });
  });

  test("takes out wrappers in the middle of names", () => {
    const names = { "conv._orig_mod.weight": "conv.weight", "bn.module.weight": "bn.weight" };
    const { found } = find(Object.keys(names), { wanted: new Set(Object.values(names)) });
    expect(found).toEqual({ "conv.weight": "conv._orig_mod.weight", "bn.weight": "bn.module.weight" });
  });

  test("takes the trained weights where there are averaged ones too, unless asked", () => {
    const names = [...under("state_dict."), ...under("state_dict_ema.module."), "epoch"];
    expect(find(names).found).toEqual(of("state_dict."));
    expect(find(names, { wanted: WANTED, ema: true }).found).toEqual(of("state_dict_ema.module."));
    expect(find(under("model_ema.")).found).toEqual(of("model_ema."));
    const beside = [...WANTED, ...under("ema.")];
    expect(find(beside, { wanted: WANTED, ema: true }).found).toEqual(of("ema."));
    expect(find(beside).found).toEqual(of(""));
  });

  test("refuses to give averaged weights of a file without", () => {
    const call = () => find(under("state_dict."), { wanted: WANTED, ema: true });
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow('a.pth: with ema the file must hold averaged weights, got "state_dict". Leave ema out');
  });

  test("keeps a model's own children of such names", () => {
    const wanted = new Set(under("model."));
    expect(find([...wanted], { wanted })).toEqual({
      found: Object.fromEntries([...wanted].map((name) => [name, name])),
      rules: [],
    });
  });

  test("doesn't take half a model: other parts beside a sub-dict leave all as it is", () => {
    const names = ["model.conv.weight", "head.fc.bias"];
    expect(find(names, {}).found).toEqual(Object.fromEntries(names.map((name) => [name, name])));
  });

  test("without a model only strips what no model has", () => {
    expect(find(under("state_dict.module."), {}).found).toEqual(of("state_dict.module."));
    expect(Object.keys(find(under("backbone."), {}).found)).toEqual(under("backbone."));
  });

  test("never makes one name of two", () => {
    const names = ["module.conv.weight", "conv.weight"];
    expect(find(names, {}).found).toEqual(Object.fromEntries(names.map((name) => [name, name])));
  });
});
