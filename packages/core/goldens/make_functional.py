"""Writes functional.json: what PyTorch's functions give in float64, with gradients, one row for each case.

Run with Debian's python3-torch (PyTorch 1.13.1): /usr/bin/python3 packages/core/goldens/make_functional.py
Inputs are multiples of 1/64, made by `values` here and in src/functional/goldens.test.ts alike; only results are stored.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

CASES = []


def values(shape, seed):
    """A fixed pattern without ties in small tensors: ((i · 37 + seed · 101) mod 211 − 105) / 64."""
    count = math.prod(shape)
    return torch.tensor([((i * 37 + seed * 101) % 211 - 105) / 64 for i in range(count)], dtype=torch.float64).reshape(shape)


def case(op, shapes, attrs, function, tensors=()):
    """Runs `function` on leaves of `shapes` (and on constants `tensors`), and Σ y · weights backwards."""
    leaves = [values(shape, i).requires_grad_() for i, shape in enumerate(shapes)]
    y = function(*leaves, *tensors)
    row = {"op": op, "shapes": shapes, "attrs": attrs, "shape": list(y.shape), "y": digits(y)}
    if y.requires_grad:
        (y * values(tuple(y.shape), 7)).sum().backward()
        row["grads"] = [digits(leaf.grad) if leaf.grad is not None else None for leaf in leaves]
    CASES.append(row)


def digits(tensor):
    return [float(f"{value:.7g}") if math.isfinite(value) else str(value) for value in tensor.detach().flatten().tolist()]


def pools():
    for size, kernel, stride, padding, dilation, ceil in [
        ((5, 6), 2, 2, 0, 1, False),
        ((5, 6), 3, 2, 1, 1, False),
        ((5, 6), 3, 2, 1, 1, True),
        ((3, 3), 2, 2, 1, 1, True),
        ((6, 5), (3, 2), (1, 2), (1, 0), 1, True),
        ((7, 7), 2, 3, 1, 2, False),
        ((4, 4), 1, 3, 0, 1, True),
    ]:
        attrs = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceilMode": ceil}
        case("maxPool2d", [(1, 1, *size)], attrs, lambda x: F.max_pool2d(x, kernel, stride, padding, dilation, ceil))
        if dilation != 1:
            continue
        for include in [True, False]:
            attrs = {"kernel": kernel, "stride": stride, "padding": padding, "ceilMode": ceil, "countIncludePad": include}
            case("avgPool2d", [(1, 1, *size)], attrs, lambda x: F.avg_pool2d(x, kernel, stride, padding, ceil, include))
    attrs = {"kernel": 3, "stride": 2, "padding": 1, "ceilMode": True, "divisorOverride": 5}
    case("avgPool2d", [(1, 1, 5, 6)], attrs, lambda x: F.avg_pool2d(x, 3, 2, 1, True, True, 5))
    for size, target in [((7, 5), (3, 2)), ((3, 4), (4, 4)), ((4, 4), (1, 1)), ((5, 6), (None, 3))]:
        case("adaptiveAvgPool2d", [(1, 1, *size)], {"size": target}, lambda x: F.adaptive_avg_pool2d(x, target))
        case("adaptiveMaxPool2d", [(1, 1, *size)], {"size": target}, lambda x: F.adaptive_max_pool2d(x, target))


def norms():
    for size, alpha, beta, k in [(5, 1e-2, 0.75, 2.0), (4, 0.5, 0.5, 1.0), (3, 1e-4, 0.75, 1.0)]:
        attrs = {"size": size, "alpha": alpha, "beta": beta, "k": k}
        case("localResponseNorm", [(1, 7, 2, 2)], attrs, lambda x: F.local_response_norm(x, size, alpha, beta, k))
    for training in [True, False]:
        mean, var = values((3,), 3), values((3,), 4).abs() + 1
        attrs = {"training": training, "momentum": 0.3, "eps": 1e-3}
        f = lambda x, w, b: F.batch_norm(x, mean, var, w, b, training, 0.3, 1e-3)
        case("batchNorm", [(2, 3, 2, 2), (3,), (3,)], attrs, f)
        CASES[-1]["running"] = [digits(mean), digits(var)]


def losses():
    target = torch.tensor([1, 4, -100, 0, 2])
    weight = values((5,), 3).abs() + 0.5
    for reduction in ["mean", "sum", "none"]:
        for smoothing in [0.0, 0.2]:
            for weighted in [False, True]:
                w = weight if weighted else None
                attrs = {"reduction": reduction, "labelSmoothing": smoothing, "weighted": weighted}
                f = lambda x: F.cross_entropy(x, target, w, reduction=reduction, label_smoothing=smoothing)
                case("crossEntropy", [(5, 5)], {**attrs, "target": target.tolist()}, f)
    soft = torch.softmax(values((3, 4), 5), 1)
    for weighted in [False, True]:
        attrs = {"reduction": "mean", "labelSmoothing": 0.1, "weighted": weighted, "soft": digits(soft)}
        w = weight[:4] if weighted else None
        case("crossEntropy", [(3, 4)], attrs, lambda x: F.cross_entropy(x, soft, w, label_smoothing=0.1))
    maps = torch.tensor([[[0, 2], [1, 1]], [[2, 1], [3, 0]]])
    attrs = {"reduction": "mean", "target": maps.tolist(), "ignoreIndex": 3}
    case("crossEntropy", [(2, 3, 2, 2)], attrs, lambda x: F.cross_entropy(x, maps, ignore_index=3))
    case("nllLoss", [(5, 5)], {"target": target.tolist(), "weighted": True}, lambda x: F.nll_loss(x, target, weight))
    t = torch.sigmoid(values((3, 4), 6))
    pos, w = values((4,), 3).abs(), values((3, 4), 4).abs()
    for reduction in ["mean", "sum", "none"]:
        attrs = {"reduction": reduction, "soft": digits(t)}
        case("bceWithLogits", [(3, 4)], {**attrs, "weighted": False}, lambda x: F.binary_cross_entropy_with_logits(x, t, reduction=reduction))
        f = lambda x: F.binary_cross_entropy_with_logits(x, t, w, reduction=reduction, pos_weight=pos)
        case("bceWithLogits", [(3, 4)], {**attrs, "weighted": True}, f)
        case("mseLoss", [(3, 4)], attrs, lambda x: F.mse_loss(x, t, reduction=reduction))


def reductions():
    for axes in [None, [1], [0, 2]]:
        dims = axes or [0, 1, 2]
        for keep in [axes == [1]]:
            attrs = {"axes": axes, "keepDims": keep}
            case("amin", [(2, 3, 4)], attrs, lambda x: x.amin(dims, keep))
            case("logSumExp", [(2, 3, 4)], attrs, lambda x: x.logsumexp(dims, keep))
            for correction in [0, 1]:
                case("variance", [(2, 3, 4)], {**attrs, "correction": correction}, lambda x: x.var(dims, correction=correction, keepdim=keep))
        case("std", [(2, 3, 4)], {"axes": axes}, lambda x: x.std(dims))
        for p in [2, 1, 0, math.inf, -math.inf, 3, 0.5, 1.5, -1]:
            attrs = {"axes": axes, "p": str(p)}
            case("norm", [(2, 3, 4)], attrs, lambda x: torch.linalg.vector_norm(x, p, dims))
    for axis in [0, 1, -1]:
        case("max", [(2, 3, 4)], {"axis": axis}, lambda x: x.max(axis).values)
        case("min", [(2, 3, 4)], {"axis": axis}, lambda x: x.min(axis).values)


def resizes():
    sizes = [((3, 5), (7, 6)), ((8, 7), (3, 4)), ((2, 4), (4, 8)), ((3, 4), (3, 4)), ((5, 6), (1, 1)), ((1, 2), (4, 3))]
    for (before, after) in sizes:
        for mode in ["nearest", "bilinear", "bicubic", "area"]:
            align = [False, True] if mode in ("bilinear", "bicubic") else [None]
            for corners in align:
                for antialias in [False, True] if mode in ("bilinear", "bicubic") and not corners else [False]:
                    attrs = {"size": after, "mode": mode, "alignCorners": bool(corners), "antialias": antialias}
                    f = lambda x: F.interpolate(x, after, mode=mode, align_corners=corners, antialias=antialias)
                    case("interpolate", [(1, 1, *before)], attrs, f)
    for scale in [(1.7, 2.3), (0.6, 0.45), (3, 0.5)]:
        for mode in ["nearest", "bilinear", "bicubic"]:
            corners = None if mode == "nearest" else False
            attrs = {"scale": scale, "mode": mode, "alignCorners": False, "antialias": False}
            case("interpolate", [(1, 1, 5, 7)], attrs, lambda x: F.interpolate(x, scale_factor=scale, mode=mode, align_corners=corners))


if __name__ == "__main__":
    for group in [pools, norms, losses, reductions, resizes]:
        group()
    path = pathlib.Path(__file__).with_name("functional.json")
    path.write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in CASES) + "\n]\n")
