import { FileFormatError } from "../errors";
import type { FileDType } from "./host-tensor";
import { PickleGlobal, type PickleValue, shownValue } from "./pickle-value";
import { PickledTensor, rebuildTensor } from "./pickled-tensor";

/** `torch.FloatStorage` and the like. */
export class StorageType extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: FileDType,
  ) {
    super(name);
  }
}

/** `torch.float32` and the like. */
class TorchDType extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: FileDType,
  ) {
    super(name);
  }
}

const STORAGES: readonly (readonly [name: string, dtype: FileDType])[] = [
  ["Float", "f32"],
  ["Double", "f64"],
  ["Half", "f16"],
  ["BFloat16", "bf16"],
  ["Long", "i64"],
  ["Int", "i32"],
  ["Short", "i16"],
  ["Char", "i8"],
  ["Byte", "u8"],
  ["Bool", "bool"],
  ["Untyped", "u8"],
];

const DTYPE_NAMES: readonly (readonly [name: string, dtype: FileDType])[] = [
  ["float32", "f32"],
  ["float64", "f64"],
  ["float16", "f16"],
  ["bfloat16", "bf16"],
  ["int64", "i64"],
  ["int32", "i32"],
  ["int16", "i16"],
  ["int8", "i8"],
  ["uint64", "u64"],
  ["uint32", "u32"],
  ["uint16", "u16"],
  ["uint8", "u8"],
  ["bool", "bool"],
];

type Rebuild = (args: readonly PickleValue[], where: string) => PickledTensor;

/** Argument 6 of v3 is the dtype, for those that have no storage class. */
const rebuildV3: Rebuild = (args, where) => {
  const dtype = args[6];
  if (dtype instanceof TorchDType) return rebuildTensor(args, where, dtype.dtype);
  throw new FileFormatError(where, { rule: "a tensor's dtype must be one", got: shownValue(dtype) });
};

/** Parameters are tensors here; hooks and other attributes of theirs are left out. */
const rebuildParameter: Rebuild = ([data], where) => {
  if (data instanceof PickledTensor) return data;
  throw new FileFormatError(where, { rule: "a parameter must be made of a tensor", got: shownValue(data) });
};

/** `(function, type, args, state)` of tensors with attributes of their own. */
const rebuildFromType: Rebuild = ([rebuild, type, args], where) => {
  const isTensor = type instanceof PickleGlobal && /^torch\.(Tensor|nn\.parameter\.\w+)$/.test(type.name);
  const isRebuild = rebuild instanceof PickleGlobal && /^torch\._utils\._rebuild_/.test(rebuild.name) && rebuild.call;
  const made = isTensor && isRebuild && Array.isArray(args) ? rebuild.call?.(args, where) : undefined;
  if (made instanceof PickledTensor) return made;
  throw new FileFormatError(where, {
    rule: "a tensor must be of a plain type",
    got: `${shownValue(rebuild)} of ${shownValue(type)}`,
  });
};

const REBUILDS: readonly (readonly [name: string, rebuild: Rebuild])[] = [
  ["torch._utils._rebuild_tensor", (args, where) => rebuildTensor(args, where)],
  ["torch._utils._rebuild_tensor_v2", (args, where) => rebuildTensor(args, where)],
  ["torch._utils._rebuild_tensor_v3", rebuildV3],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ["torch.nn.parameter.Parameter", rebuildParameter],
  ["torch.nn.parameter.Buffer", rebuildParameter],
];

/** What PyTorch's state dicts and training checkpoints name of PyTorch. */
export const TORCH_GLOBALS: readonly PickleGlobal[] = [
  ...STORAGES.flatMap(([name, dtype]) =>
    ["torch.", "torch.cuda.", "torch.storage.", "torch.storage._"].map(
      (module) => new StorageType(`${module}${name}Storage`, dtype),
    ),
  ),
  ...DTYPE_NAMES.map(([name, dtype]) => new TorchDType(`torch.${name}`, dtype)),
  ...REBUILDS.map(([name, rebuild]) => new PickleGlobal(name, rebuild)),
  new PickleGlobal("torch.Tensor"),
  new PickleGlobal("torch.Size", (args, where) => {
    if (args.length === 1 && Array.isArray(args[0])) return args[0];
    throw new FileFormatError(where, { rule: "torch.Size must be made of one tuple", got: `${args.length} values` });
  }),
  // Names of places and layouts, kept as text: `cuda:0`.
  new PickleGlobal("torch.device", (args) => args.map(textOf).join(":")),
  new PickleGlobal("torch.serialization._get_layout", (args) => args.map(textOf).join()),
];

const textOf = (value: PickleValue): string => (typeof value === "string" ? value : shownValue(value));
