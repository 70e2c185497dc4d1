"""The format of golden rows: `manifest.json` and one safetensors file a row, as described in README.md beside this file."""

import json
import math
import os
import zlib

import numpy
import torch

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.uint8: "U8"}
# 2^-20 of the largest value: what a sum of a thousand terms in another order may cost.
SMALLEST_SHARE = 2.0**-20


def view_of(x, steps):
    """Applies the view steps of a row to a stored tensor."""
    for kind, *rest in steps:
        if kind == "permute":
            x = x.permute(*rest)
        elif kind == "expand":
            x = x.expand(*rest)
        else:
            dim, start, stop, step = rest
            x = x[tuple([slice(None)] * dim + [slice(start, stop, step)])]
    return x


def finite_difference(a, b):
    """Largest |a - b|, and largest |b|; both 0 for empty tensors."""
    if b.numel() == 0:
        return 0.0, 0.0
    return (a.double() - b.double()).abs().max().item(), b.abs().max().item()


def as_json(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    return {key: as_json(item) for key, item in value.items()} if isinstance(value, dict) else value


class GoldenFolder:
    """Rows as they are recorded. `call(inputs, attrs)` is PyTorch's function, run once in float and once in double."""

    def __init__(self, path):
        self.path = path
        self.rows = []
        os.makedirs(path, exist_ok=True)

    def row(self, case, op, call, inputs, attrs=None, compare="reference", note="", fixed=(), fed_back=None):
        """
        `compare` is a row's, or "any": an error row if PyTorch refuses the call. `fixed` names the inputs without a gradient,
        `fed_back` the outputs that gradients are fed to (default: all).
        """
        attrs = attrs or {}
        if compare == "any":
            compare = "reference" if is_taken(call, inputs, attrs) else "error"
        manifest = {"case": case, "op": op, "attrs": as_json(attrs), "compare": compare, "note": note}
        manifest["inputs"] = {name: {"shape": list(x.shape), "dtype": DTYPES[x.dtype]} for name, x in inputs.items()}
        tensors = {f"in.{name}": x for name, x in inputs.items()}
        if compare == "error":
            manifest["message"] = self.refusal(case, call, inputs, attrs)
        else:
            self.record(case, call, (inputs, attrs, fixed, fed_back), manifest, tensors)
        self.add(manifest, tensors)

    def refusal(self, case, call, inputs, attrs):
        try:
            call(*arguments_of(inputs, attrs))
        except Exception as error:  # any: PyTorch has many kinds
            return str(error).split("\n")[0]
        raise AssertionError(f"{case}: PyTorch doesn't refuse this call")

    def record(self, case, call, row, manifest, tensors):
        generator = torch.Generator().manual_seed(zlib.crc32(case.encode()))
        fed = {}
        outputs, gradients = run(call, row, torch.float64, fed, generator)
        outputs32, gradients32 = run(call, row, torch.float32, fed, generator)
        tensors.update({f"gout.{name}": dy for name, dy in fed.items()})
        manifest["outputs"] = {}
        for name, y in outputs.items():
            tensors[f"out.{name}"] = y
            if y.is_floating_point():
                tensors[f"out32.{name}"] = outputs32[name]
            manifest["outputs"][name] = facts(y, outputs32[name], manifest["compare"])
        manifest["gradients"] = {}
        for name, dx in gradients.items():
            tensors[f"grad.{name}"], tensors[f"grad32.{name}"] = dx, gradients32[name]
            manifest["gradients"][name] = facts(dx, gradients32[name], manifest["compare"])

    def schedule(self, case, attrs, values, note=""):
        row = {"case": case, "op": "lr_schedule", "attrs": as_json(attrs), "compare": "reference", "note": note}
        self.rows.append({**row, "tolerance": 1e-9, "values": values})

    def add(self, manifest, tensors):
        if any(row["case"] == manifest["case"] for row in self.rows):
            raise AssertionError(f"two rows are called {manifest['case']}")
        manifest["file"] = f"{manifest['case']}.safetensors"
        self.rows.append(manifest)
        with open(os.path.join(self.path, manifest["file"]), "wb") as file:
            file.write(safetensors(tensors))

    def close(self):
        with open(os.path.join(self.path, "manifest.json"), "w") as file:
            json.dump(self.rows, file, indent=1)


def arguments_of(inputs, attrs):
    """What a call gets: views of the stored tensors, and the attributes that aren't views."""
    views = {name: view_of(x, attrs.get(f"view_of_{name}", [])) for name, x in inputs.items()}
    return views, {key: value for key, value in attrs.items() if not key.startswith("view_of_")}


def is_taken(call, inputs, attrs):
    try:
        call(*arguments_of(inputs, attrs))
        return True
    except (RuntimeError, ValueError, IndexError):
        return False


def run(call, row, dtype, fed, generator):
    """Outputs and gradients by name. Fills `fed` with random gradients for the outputs that it lacks."""
    inputs, attrs, fixed, fed_back = row
    leaves = {name: x.to(dtype) if x.is_floating_point() else x for name, x in inputs.items()}
    leaves = {name: x.clone().requires_grad_(x.is_floating_point() and name not in fixed) for name, x in leaves.items()}
    outputs = call(*arguments_of(leaves, attrs))
    outputs = {"y": outputs} if isinstance(outputs, torch.Tensor) else outputs
    wanted = [(name, y) for name, y in outputs.items() if y.requires_grad and (fed_back is None or name in fed_back)]
    for name, y in wanted:
        fed.setdefault(name, torch.rand(y.shape, generator=generator) * 2 - 1)
    if wanted:
        torch.autograd.backward([y for _, y in wanted], [fed[name].to(dtype) for name, _ in wanted])
    gradients = {
        name: torch.zeros_like(x) if x.grad is None else x.grad for name, x in leaves.items() if wanted and x.requires_grad
    }
    return {name: y.detach().clone() for name, y in outputs.items()}, gradients


def facts(expected, actual, compare):
    shape = {"shape": list(expected.shape)}
    if compare != "reference" or not expected.is_floating_point():
        return shape
    error, largest = finite_difference(actual, expected)
    return {**shape, "f32_error": error, "tolerance": max(8 * error, SMALLEST_SHARE * largest), "largest": largest}


def safetensors(tensors):
    header, parts, offset = {}, [], 0
    for name, x in tensors.items():
        data = numpy.ascontiguousarray(x.detach().numpy()).tobytes()
        header[name] = {"dtype": DTYPES[x.dtype], "shape": list(x.shape), "data_offsets": [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + b"".join(parts)
