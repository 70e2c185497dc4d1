"""Writes models.json: what PyTorch computes for models whose weights both sides generate from a hash.

Run with /usr/bin/python3 (Debian 12: torch 1.13.1, torchvision 0.14.1): python3 make_models.py > models.json
Everything is computed in float64; `error` entries are PyTorch's own float32 error against it, relative to the largest value.
The same generator in TypeScript: src/generated-weights.ts.
"""

import hashlib
import json
import math
import sys

import numpy as np
import torch
import torchvision
from torch import nn

NUM_CLASSES = 10
BATCH = 2
SAMPLES = (1 / 3, 2 / 3)
# An input at which float32 flips no ReLU in these models: one flipped branch moves earlier gradients by percents.
INPUT_STREAM, TARGET_STREAM = 1_000_020, 1_000_001


def mix(x):
    """MurmurHash3's 32-bit finalizer."""
    x = x.astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def words(stream, count):
    start = mix(np.array([stream * 0x9E3779B9 % 2**32 ^ 0x7F4A7C15], dtype=np.uint32))
    return mix(np.arange(count, dtype=np.uint32) ^ start)


def signed(stream, shape):
    """Multiples of 2^-23 in [-1, 1)."""
    count = int(np.prod(shape, dtype=np.int64))
    return ((words(stream, count) >> np.uint32(8)).astype(np.float64) * 2.0**-23 - 1).reshape(shape)


def weights(name, stream, shape):
    """Values of state-dict entry number `stream`, exact in float32."""
    u = signed(stream, shape)
    if name.endswith("num_batches_tracked"):
        values = np.zeros(shape)
    elif name.endswith("running_var"):
        values = 1 + 0.5 * u
    elif name.endswith("running_mean"):
        values = 0.25 * u
    elif name.endswith("bias"):
        values = 0.125 * u
    elif "bn3" in name:
        # Small steps beside the shortcuts: at full size gradients of deep nets double in every block, and so do rounding errors.
        values = 0.25 + 0.125 * u
    elif len(shape) == 1:
        values = 1 + 0.25 * u
    else:
        values = math.sqrt(6 / np.prod(shape[1:])) * u
    return values.astype(np.float32)


class LeNet5(nn.Module):
    """The form of the issue, written independently of the TypeScript one."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(nn.functional.relu(self.conv1(x)), 2)
        x = nn.functional.max_pool2d(nn.functional.relu(self.conv2(x)), 2)
        return self.fc3(self.fc2(self.fc1(x.flatten(1))))


def torchvision_model(name):
    return lambda: getattr(torchvision.models, name)(num_classes=NUM_CLASSES)


MODELS = {
    "lenet5": (LeNet5, (1, 32, 32)),
    "resnet18": (torchvision_model("resnet18"), (3, 48, 48)),
    "resnet50": (torchvision_model("resnet50"), (3, 48, 48)),
    "resnext50_32x4d": (torchvision_model("resnext50_32x4d"), (3, 48, 48)),
}
PRINTED = {"lenet5": LeNet5, "resnet18": torchvision.models.resnet18}
LAYOUTS = (
    "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d "
    "wide_resnet50_2 wide_resnet101_2"
).split()


def run(make, shape, dtype):
    """Logits at evaluation, then one training step's loss, gradients and running statistics."""
    model = make()
    state = model.state_dict()
    model.load_state_dict({k: torch.from_numpy(weights(k, i, tuple(v.shape))).to(v.dtype) for i, (k, v) in enumerate(state.items())})
    model = model.to(dtype)
    x = torch.from_numpy(signed(INPUT_STREAM, (BATCH, *shape)).astype(np.float32) * np.float32(1.5)).to(dtype)
    target = torch.from_numpy((words(TARGET_STREAM, BATCH) % np.uint32(NUM_CLASSES)).astype(np.int64))
    with torch.no_grad():
        logits = model.eval()(x)
    loss = nn.functional.cross_entropy(model.train()(x), target)
    loss.backward()
    grads = {name: p.grad.double() for name, p in model.named_parameters()}
    statistics = {name: value.double() for name, value in model.named_buffers() if "running" in name}
    return {"logits": logits.double(), "loss": loss.detach().double(), "grads": grads, "statistics": statistics}


def relative_error(value, reference):
    largest = reference.abs().max().item()
    return (value - reference).abs().max().item() / largest if largest > 0 else 0.0


def digits(value, count=9):
    return float(f"{float(value):.{count}g}")


def samples(value):
    flat = value.flatten()
    return [digits(flat[int(len(flat) * share)]) for share in SAMPLES]


def golden(make, shape):
    exact, single = run(make, shape, torch.float64), run(make, shape, torch.float32)
    worst = lambda kind: digits(max((relative_error(v, exact[kind][k]) for k, v in single[kind].items()), default=0), 3)
    return {
        "shape": [BATCH, *shape],
        "logits": [digits(v) for v in exact["logits"].flatten()],
        "logitsError": digits(relative_error(single["logits"], exact["logits"]), 3),
        "loss": digits(exact["loss"]),
        "lossError": digits(relative_error(single["loss"], exact["loss"]), 3),
        # Norm and two samples of each, in the order of the state dict.
        "grads": [[digits(v.norm()), *samples(v)] for v in exact["grads"].values()],
        "gradsError": worst("grads"),
        "statistics": [[digits(v.norm()), *samples(v)] for v in exact["statistics"].values()],
        "statisticsError": worst("statistics"),
    }


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def layout(name):
    """SHA-256 of print(model), and of the `name [shape]` lines of its state dict in order."""
    model = LeNet5() if name == "lenet5" else getattr(torchvision.models, name)()
    lines = [f"{k} [{', '.join(map(str, v.shape))}]" for k, v in model.state_dict().items()]
    return {"printed": sha256(str(model)), "state": sha256("\n".join(lines))}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}", file=sys.stderr)
    document = {
        "models": {name: golden(*row) for name, row in MODELS.items()},
        "layouts": {name: layout(name) for name in ["lenet5", *LAYOUTS]},
        "printed": {name: str(make()) for name, make in PRINTED.items()},
    }
    print(compact(document))
