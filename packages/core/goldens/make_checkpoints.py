"""Writes checkpoints/: files as PyTorch and NumPy save them, and expected.json with what torch.load and numpy.load read from them.

Run with Debian's python3-torch (PyTorch 1.13.1, NumPy 1.24.2): /usr/bin/python3 packages/core/goldens/make_checkpoints.py
Files of the old format hold addresses as keys, so they differ from run to run; their contents don't.
"""

import argparse
import collections
import io
import json
import pathlib
import zipfile

import numpy
import torch

FOLDER = pathlib.Path(__file__).with_name("checkpoints")
DTYPES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.int64: "i64",
    torch.int32: "i32",
    torch.int16: "i16",
    torch.int8: "i8",
    torch.uint8: "u8",
    torch.bool: "bool",
}


def ramp(*shape, dtype=torch.float32):
    """1/4, 2/4, …: exact in every float dtype."""
    count = int(numpy.prod(shape))
    return ((torch.arange(count) + 1) / 4).reshape(shape).to(dtype)


def model():
    net = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.BatchNorm2d(3), torch.nn.Linear(3, 2))
    with torch.no_grad():
        for i, value in enumerate(net.state_dict().values()):
            value.copy_((ramp(*value.shape) + i) if value.shape else torch.tensor(7))
    return net


def layouts():
    base = ramp(4, 6)
    return collections.OrderedDict(
        channels_last=ramp(2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
        transposed=ramp(3, 2).t(),
        transposed_f64=ramp(3, 2, dtype=torch.float64).t(),
        permuted_bool=(ramp(2, 3, 2) > 1).permute(2, 0, 1),
        expanded=ramp(3, 1).expand(3, 4),
        whole=base,
        rows=base[1:3],
        columns=base[:, 1::2],
        scalar=torch.tensor(2.5),
        empty=torch.zeros(2, 0, 3),
        odd_stride=torch.as_strided(ramp(4), (1, 4), (9, 1)),
        **{f"as_{name}": (torch.arange(5) - (0 if name in ("u8", "bool") else 2)).to(dtype) for dtype, name in DTYPES.items()},
        large_i64=torch.tensor([2**40 + 1, -(2**40)]),
    )


def training():
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for parameter in net.parameters():
        parameter.grad = parameter.detach() / 2
    optimizer.step()
    return {
        "epoch": 3,
        "arch": "résnet",
        "done": False,
        "nothing": None,
        "best": numpy.float64(0.75),
        "count": numpy.int64(12),
        "history": numpy.array([[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]], order="F"),
        "state_dict": {f"module.{key}": value for key, value in net.state_dict().items()},
        "ema": [parameter.detach().half() for parameter in net.parameters()],
        "parameter": net[0].bias,
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(lr=0.1, layers=[1, 2], out=pathlib.PurePosixPath("/a/b")),
        "milestones": collections.Counter([30, 60, 60]),
        "default": collections.defaultdict(int, {"x": 1}),
        "size": torch.Size([2, 3]),
        "device": torch.device("cuda", 1),
        "dtype": torch.float16,
        "bytes": b"\x00\xff",
        "names": {"only"},
        "big": 2**70,
    }


class As:
    """Pickles as a call of a function of PyTorch 2 that 1.13 doesn't have."""

    def __init__(self, name, *args):
        self.name, self.args = name, args

    def __reduce__(self):
        function = lambda *args: None
        function.__module__, function.__qualname__, function.__name__ = "torch._utils", self.name, self.name
        setattr(torch._utils, self.name, function)
        return function, self.args


def with_entries(saved, prefix, extra, change=lambda name, data: data, method=zipfile.ZIP_STORED):
    """The same archive under another folder's name, with more entries, as later versions of PyTorch write it."""
    source, out = zipfile.ZipFile(io.BytesIO(saved)), io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for name in source.namelist():
            own = name.partition("/")[2]
            target.writestr(zipfile.ZipInfo(f"{prefix}/{own}"), change(own, source.read(name)), method)
        for name, data in extra.items():
            target.writestr(zipfile.ZipInfo(f"{prefix}/{name}"), data, method)
    return out.getvalue()


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def leaves(value, path=""):
    """Tensors and text of a loaded file under dotted names; None, bytes and dtypes have none."""
    join = lambda key: f"{path}.{key}" if path else str(key)
    if isinstance(value, argparse.Namespace):
        value = vars(value)
    if isinstance(value, (dict, collections.OrderedDict)):
        for key, item in value.items():
            yield from leaves(item, join(key))
    elif isinstance(value, (list, tuple, set)):
        for i, item in enumerate(value):
            yield from leaves(item, join(i))
    elif isinstance(value, (torch.Tensor, numpy.ndarray)):
        yield path or "tensor", value
    elif isinstance(value, bool):
        yield path, str(value).lower()
    elif isinstance(value, (int, float, str, numpy.number, torch.device, pathlib.PurePath)):
        yield path, str(value)


def describe(value):
    array = value.detach().double().numpy() if isinstance(value, torch.Tensor) else value.astype(float)
    dtype = DTYPES[value.dtype if isinstance(value, torch.Tensor) else torch.from_numpy(value.reshape(-1)).dtype]
    return {"dtype": dtype, "shape": list(array.shape), "values": array.reshape(-1).tolist()}


def expected(value):
    found = list(leaves(value))
    return {
        "tensors": {name: describe(leaf) for name, leaf in found if not isinstance(leaf, str)},
        "metadata": {name: leaf for name, leaf in found if isinstance(leaf, str)},
    }


def write(name, data, value=None):
    (FOLDER / name).write_bytes(data)
    return {} if value is None else {name: expected(value)}


def readable():
    old = {"_use_new_zipfile_serialization": False}
    for suffix, options in [("zip", {}), ("legacy", old)]:
        yield f"model-{suffix}.pth", saved(model().state_dict(), **options)
        yield f"layouts-{suffix}.pth", saved(layouts(), **options)
        yield f"training-{suffix}.pth", saved(training(), **options)
    yield "protocol4-zip.pth", saved(model().state_dict(), pickle_protocol=4)
    yield "protocol4-legacy.pth", saved(training()["optimizer"], pickle_protocol=4, **old)
    yield "one-tensor.pt", saved(ramp(2, 3).t())
    yield "deflated.pth", with_entries(saved(model().state_dict()), "m", {}, method=zipfile.ZIP_DEFLATED)


def torch2():
    """(file, what it stands for): what PyTorch 2 saves, which 1.13 can't read."""
    weight, shorts = ramp(2, 3), torch.tensor([1, 2, 3, 65535], dtype=torch.int32)
    low = shorts.to(torch.int16)
    storage = torch.UntypedStorage(list(low.numpy().tobytes()))
    value = {
        "weight": As("_rebuild_parameter_with_state", weight, True, collections.OrderedDict(), {"tag": "x"}),
        "shorts": As("_rebuild_tensor_v3", storage, 0, (4,), (1,), False, collections.OrderedDict(), torch.int16),
    }
    extra = {".format_version": "1", ".storage_alignment": "64", "byteorder": "little", ".data/serialization_id": "0" * 40}
    yield "torch2.pt", with_entries(saved(value), "resnet", extra), {"weight": weight, "shorts": low}
    swap = lambda name, data: numpy.frombuffer(data, "<f4").byteswap().tobytes() if name.startswith("data/") else data
    yield "big-endian.pt", with_entries(saved({"weight": weight}), "w", {"byteorder": "big"}, swap), {"weight": weight}


def refused():
    yield "whole-module.pth", saved(torch.nn.Linear(2, 1))
    yield "complex.pth", saved({"x": torch.zeros(2, dtype=torch.complex64)})
    yield "quantized.pth", saved({"x": torch.quantize_per_tensor(ramp(2), 0.1, 0, torch.qint8)})
    yield "sparse.pth", saved({"x": torch.eye(2).to_sparse()})
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Flatten()), script)
    yield "torchscript.pt", script.getvalue()


def archives():
    arrays = {
        "weight": ramp(2, 3).numpy(),
        "conv/kernel": numpy.asfortranarray(ramp(3, 2).numpy().astype(">f8")),
        "count": numpy.array(5),
        "mask": numpy.array([True, False]),
        "empty": numpy.zeros((0, 4), numpy.float16),
    }
    for name, save in [("stored.npz", numpy.savez), ("deflated.npz", numpy.savez_compressed)]:
        file = io.BytesIO()
        save(file, **arrays)
        yield name, file.getvalue(), {key: value.astype(value.dtype.newbyteorder("=")) for key, value in arrays.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    rows = {}
    for name, data in readable():
        rows.update(write(name, data, torch.load(io.BytesIO(data))))
    for name, data, value in [*torch2(), *archives()]:
        rows.update(write(name, data, value))
    for name, data in refused():
        write(name, data)
    lines = [f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}" for name, row in rows.items()]
    (FOLDER / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
