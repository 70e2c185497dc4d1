"""Finds inputs at which no other float32 implementation should take another branch than float64 does.

One flipped ReLU, or another pixel chosen by max pooling, moves gradients of earlier layers by up to a percent. The margin of an
input is the smallest distance of all branches from flipping, in units of the channel's rms float32 error there.
"""

import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from .entries import STREAM
from .generated import images


class Branches(TorchDispatchMode):
    """Records the inputs of ReLUs and max pools."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name in ("relu", "relu_"):
            self.seen.append((args[0].clone(), None))
        elif name == "max_pool2d_with_indices":
            self.seen.append((args[0].clone(), args[1:]))
        return func(*args, **(kwargs or {}))


def branches(model, entry, dtype):
    state = {k: v.clone() for k, v in model.state_dict().items()}
    x = torch.from_numpy(images(entry.stream, (entry.batch, entry.published[0], entry.size, entry.size))).to(dtype)
    with torch.no_grad(), Branches() as recorded:
        model.to(dtype).train()(x)
    model.float().load_state_dict(state)
    return recorded.seen


def margin(model, entry):
    smallest = float("inf")
    for (exact, pool), (single, _) in zip(branches(model, entry, torch.float64), branches(model, entry, torch.float32)):
        axes = [i for i in range(exact.ndim) if i != 1]
        error = (single.double() - exact).square().mean(axes, keepdim=True).sqrt().clamp_min(1e-30)
        distance = exact.abs() if pool is None else lead(exact, *pool)
        smallest = min(smallest, (distance / error).min().item())
    return smallest


def lead(x, kernel, stride=None, padding=(0, 0), dilation=1, ceil_mode=False):
    """By how much the largest value of a window leads the second.

    Windows without a positive value have no gradient below, and equal values are one pixel, pooled twice.
    """
    k, s, p = kernel[0], (stride or kernel)[0], padding[0]
    room = s - 1 if ceil_mode else 0
    windows = F.pad(x, (p, p + room, p, p + room), value=-1.0).unfold(2, k, s).unfold(3, k, s)
    best = windows.flatten(4).topk(2).values
    gap = best[..., 0] - best[..., 1]
    return torch.where((best[..., 0] > 0) & (gap > 0), gap, torch.full_like(gap, float("inf")))


def search(entry, build, tries, enough=10.0):
    """The stream with the largest margin among so many, or the first with `enough`."""
    model = build(entry)
    best = (0.0, entry.stream)
    for stream in range(STREAM, STREAM + tries):
        entry.stream = stream
        best = max(best, (margin(model, entry), stream))
        if best[0] >= enough:
            break
    return best
