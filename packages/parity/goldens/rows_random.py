"""Rows of random geometry. What PyTorch refuses becomes an error row, so these also find calls that are wrongly taken or refused."""

import random

import torch

VIEWS = {
    "permuted": ((5, 4, 2, 3), [["permute", 2, 3, 1, 0]]),
    "sliced": ((4, 3, 8, 11), [["slice", 0, 1, 4, 2], ["slice", 2, 0, 8, 2], ["slice", 3, 1, 11, 2]]),
    "expanded": ((1, 3, 1, 5), [["expand", 2, 3, 4, 5]]),
}
VIEWED = {
    "relu": {},
    "gelu": {},
    "softmax": {"dim": 1},
    "log_softmax": {"dim": -1},
    "sum": {"dim": [0, 2]},
    "prod": {"dim": 3},
    "amin": {"dim": [2]},
    "argmax": {"dim": 3},
    "topk": {"k": 1, "dim": 3},
    "max_pool2d": {"kernel": [2, 2], "stride": [1, 2]},
    "avg_pool2d": {"kernel": [3, 2], "padding": [1, 1]},
    "adaptive_avg_pool2d": {"output_size": [3, 2]},
    "interpolate": {"mode": "bilinear", "size": [7, 3]},
    "pad": {"left_right_top_bottom": [1, 2, 0, 1], "mode": "reflect"},
    "local_response_norm": {"size": 3, "alpha": 0.5},
    "flatten": {"start_dim": 1},
    "chunk": {"chunks": 2, "dim": 3},
    "select": {"dim": 1, "index": -1},
    "var": {"dim": [1, 3]},
    "logsumexp": {"dim": [1]},
}


def pair(draw, low, high):
    return [draw.randint(low, high), draw.randint(low, high)]


def conv_rows(add):
    draw = random.Random(1)
    for i in range(80):
        groups = draw.choice([1, 1, 1, 2, 3, 4])
        depth = draw.choice([1, 1, 2, 3, 5, 8, 17])
        ins = groups * depth
        outs = groups * draw.randint(2, 9)
        shape = (draw.randint(1, 3), ins, draw.randint(1, 20), draw.randint(1, 20))
        kernel = (draw.choice([1, 1, 2, 3, 3, 4, 5, 7]), draw.choice([1, 1, 2, 3, 3, 5, 6]))
        attrs = {"stride": pair(draw, 1, 4), "padding": pair(draw, 0, 3), "dilation": pair(draw, 1, 3), "groups": groups}
        inputs = {"x": shape, "w": (outs, depth, *kernel), **({"b": (outs,)} if i % 3 else {})}
        add(f"conv_random_{i}", "conv2d", inputs, "any", **attrs)


def pool_rows(add):
    draw = random.Random(2)
    for i in range(100):
        shape = (draw.randint(1, 2), draw.randint(1, 4), draw.randint(1, 15), draw.randint(1, 15))
        attrs = {"kernel": pair(draw, 1, 5), "stride": pair(draw, 1, 5), "padding": pair(draw, 0, 2), "ceil_mode": draw.random() < 0.6}
        if i % 2:
            divisor = {"divisor_override": draw.randint(1, 9)} if draw.random() < 0.3 else {}
            add(f"avgpool_random_{i}", "avg_pool2d", {"x": shape}, "any", count_include_pad=draw.random() < 0.5, **attrs, **divisor)
        else:
            add(f"maxpool_random_{i}", "max_pool2d", {"x": shape}, "any", dilation=pair(draw, 1, 3), **attrs)
    for i in range(20):
        shape = (draw.randint(1, 2), draw.randint(1, 3), draw.randint(1, 15), draw.randint(1, 15))
        for op in ["adaptive_avg_pool2d", "adaptive_max_pool2d"]:
            add(f"{op}_random_{i}", op, {"x": shape}, "any", output_size=pair(draw, 1, 16))


def resize_rows(add):
    draw = random.Random(3)
    for i in range(60):
        shape = (1, draw.randint(1, 3), draw.randint(1, 13), draw.randint(1, 13))
        mode = draw.choice(["nearest", "bilinear", "bicubic"])
        extra = {} if mode == "nearest" else draw.choice([{}, {"align_corners": True}, {"align_corners": False, "antialias": True}])
        # Away from 1 and 2, where PyTorch's nearest goes by the sizes or by the factor, depending on the memory format.
        factors = [draw.choice([0.3, 0.45, 0.7, 1.6, 2.7, 3.1]) for _ in range(2)]
        size = {"size": pair(draw, 1, 20)} if draw.random() < 0.6 else {"scale_factor": factors}
        add(f"resize_random_{i}", "interpolate", {"x": shape}, "any", mode=mode, **size, **extra)


def pad_rows(add):
    draw = random.Random(4)
    for i in range(60):
        mode = draw.choice(["constant", "reflect", "replicate"])
        # Constant padding refuses to leave nothing, unless it only crops.
        shape = (2, draw.randint(1, 3), draw.randint(5, 6), draw.randint(5, 6))
        add(f"pad_random_{i}", "pad", {"x": shape}, "any", left_right_top_bottom=[draw.randint(-2, 6) for _ in range(4)], mode=mode)


def reduction_rows(add):
    draw = random.Random(5)
    for i in range(60):
        rank = draw.randint(1, 5)
        shape = tuple(draw.choice([1, 2, 3, 5, 7, 8, 9, 17]) for _ in range(rank))
        op = draw.choice(["sum", "mean", "amin", "logsumexp", "var", "std", "norm"])
        dims = draw.sample(range(rank), draw.randint(1, min(rank, 2) if op == "norm" else rank))
        dims = [dim - rank if draw.random() < 0.5 else dim for dim in dims]
        if op in ("var", "std") and all(shape[dim] == 1 for dim in dims):
            continue
        add(f"{op}_random_{i}", op, {"x": shape}, "any", dim=dims, keepdim=draw.random() < 0.5)


def view_rows(add):
    for op, attrs in VIEWED.items():
        for name, (shape, view) in VIEWS.items():
            # Which of equal values topk takes is nobody's promise.
            if (op, name) != ("topk", "expanded"):
                add(f"{op}_{name}_view", op, {"x": shape}, "any", view_of_x=view, **attrs)


def large_rows(add):
    add("conv_large", "conv2d", {"x": (2, 64, 14, 14), "w": (65, 64, 3, 3)}, padding=[1, 1])
    add("conv_large_1x1", "conv2d", {"x": (2, 128, 14, 14), "w": (63, 128, 1, 1), "b": (63,)})
    add("conv_large_depthwise", "conv2d", {"x": (2, 96, 17, 17), "w": (96, 1, 3, 3)}, padding=[1, 1], stride=[2, 2], groups=96)
    add("linear_large", "linear", {"x": (33, 512), "w": (100, 512), "b": (100,)})
    add("batch_norm_large", "batch_norm", {"x": (4, 32, 28, 28), "weight": (32,), "bias": (32,)}, training=True)
    for op in ["sum", "mean", "var", "norm", "logsumexp"]:
        add(f"{op}_large", op, {"x": (2, 20000)}, dim=[1])
    offset = torch.randn(20000, generator=torch.Generator().manual_seed(2)) + 100
    add("sum_large_offset", "sum", {"x": offset})
    add("var_large_offset", "var", {"x": offset})
    add("softmax_large", "softmax", {"x": (2, 10000)}, dim=1)
    add("cross_entropy_large", "cross_entropy", {"x": (32, 1000), "target": torch.arange(32) * 31})


ALL = [conv_rows, pool_rows, resize_rows, pad_rows, reduction_rows, view_rows, large_rows]
