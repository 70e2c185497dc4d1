"""Rows of arithmetic, activations, reductions, softmax and losses."""

import math

import torch

INF, NAN = math.inf, math.nan
HUGE = [0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 1e-38, 1e4, -1e4, 1e10, -1e10, 1e30, -1e30, 3e38, -3e38, INF, -INF, NAN]
SHAPES = {"scalar": (), "one": (1,), "odd": (7, 9), "row65": (1, 65), "empty": (0, 3), "image": (2, 3, 4, 5), "long": (1031,)}
ACTIVATIONS = "relu relu6 sigmoid silu tanh softplus mish gelu gelu_tanh hardsigmoid hardswish leaky_relu elu".split()
POSITIVE = ["log", "sqrt", "rsqrt"]
UNARY = ["abs", "exp", *POSITIVE, *ACTIVATIONS]


def positive(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(len(shape))) * 3 + 0.1


def integers(limit, *shape):
    return torch.randint(limit, shape, generator=torch.Generator().manual_seed(limit), dtype=torch.int64)


def unary_rows(add):
    for op in UNARY:
        for name, shape in SHAPES.items():
            add(f"{op}_{name}", op, {"x": positive(*shape) if op in POSITIVE else shape})
        add(f"{op}_transposed", op, {"x": positive(5, 6) if op in POSITIVE else (5, 6)}, view_of_x=[["permute", 1, 0]])
        add(f"{op}_extreme", op, {"x": HUGE}, "float32")
    kinks = {"relu": [0, -0.0], "relu6": [0, 6, 7], "hardsigmoid": [-3, 3], "hardswish": [-3, 0, 3], "abs": [0, -0.0]}
    for op, x in {**kinks, "leaky_relu": [0, -0.0], "elu": [0, -0.0]}.items():
        add(f"{op}_kinks", op, {"x": [*x, -0.5, 0.5]})
    add("leaky_relu_slope", "leaky_relu", {"x": (4, 5)}, negative_slope=0.2)
    add("leaky_relu_slope_zero", "leaky_relu", {"x": (4, 5)}, negative_slope=0.0)
    add("leaky_relu_slope_negative", "leaky_relu", {"x": (4, 5)}, negative_slope=-0.5)
    add("elu_alpha", "elu", {"x": (4, 5)}, alpha=1.7)
    add("softplus_beta", "softplus", {"x": (4, 5)}, beta=2.5)
    add("softplus_threshold", "softplus", {"x": [-3, 0.5, 1.0, 1.5, 4]}, beta=2.0, threshold=2.0)
    add("gelu_approximate", "gelu", {"x": (4, 5)}, approximate="tanh")
    add("exp_overflow", "exp", {"x": [88, 88.7, 88.8, 90, -87, -100, -104]}, "float32")
    for name, bounds in {"both": {"min": -0.5, "max": 0.5}, "low": {"min": 0.1}, "high": {"max": 0.1}, "crossed": {"min": 1, "max": -1}}.items():
        add(f"clamp_{name}", "clamp", {"x": (5, 7)}, **bounds)
    add("clamp_tensors", "clamp", {"x": (5, 7), "min": (7,), "max": (5, 1)}, fixed=["min", "max"])
    add("clamp_low_tensor", "clamp", {"x": (5, 7), "min": (7,)}, fixed=["min"])
    add("clamp_error", "clamp", {"x": (5, 7)}, "error")
    for op in ["exp", "silu", "gelu", "softplus", "mish", "elu", "tanh", "sigmoid"]:
        add(f"{op}_moderate", op, {"x": [-1000, -100, -20, 20, 100, 1000]}, "float32")
    add("clamp_null", "clamp", {"x": (5, 7)}, min=None, max=0.25)
    add("clamp_at_bounds", "clamp", {"x": [-1, -0.5, 0, 0.5, 1]}, min=-0.5, max=0.5, note="the bounds themselves pass the gradient")
    add("clamp_extreme", "clamp", {"x": HUGE}, "float32", min=-1.0, max=1.0)
    add("clamp_infinite", "clamp", {"x": HUGE}, "float32", min=-INF, max=INF)


def binary_rows(add):
    pairs = {
        "same": ((4, 5), (4, 5)),
        "row": ((4, 5), (5,)),
        "column": ((4, 5), (4, 1)),
        "outer": ((4, 1), (1, 5)),
        "scalar": ((2, 3), ()),
        "channel": ((2, 3, 4, 5), (3, 1, 1)),
        "ranks": ((5,), (2, 1, 5)),
        "batch0": ((0, 3), (1, 3)),
        "one": ((1,), (1,)),
    }
    for op in ["add", "sub", "mul", "div", "maximum", "minimum"]:
        for name, (a, b) in pairs.items():
            add(f"{op}_{name}", op, {"a": a, "b": (positive(*b) if op == "div" else b)})
        grid = torch.cartesian_prod(torch.tensor(HUGE), torch.tensor(HUGE))
        add(f"{op}_extreme", op, {"a": grid[:, 0].clone(), "b": grid[:, 1].clone()}, "float32")
        add(f"{op}_error_shapes", op, {"a": (2, 3), "b": (2, 4)}, "error")
        add(f"{op}_sliced", op, {"a": (6, 5), "b": positive(3, 5)}, view_of_a=[["slice", 0, 0, 6, 2]])
        add(f"{op}_expanded", op, {"a": (1, 5), "b": positive(4, 5)}, view_of_a=[["expand", 4, 5]])
    for op in ["maximum", "minimum"]:
        add(f"{op}_ties", op, {"a": [1, 2, 3, 4], "b": [1, 3, 3, 2]}, "exact", "equal values share the gradient")
    for op in ["add", "sub", "mul", "div"]:
        add(f"{op}_number", op, {"a": (3, 4)}, other=0.75)
    add("add_alpha", "add", {"a": (3, 4), "b": (4,)}, alpha=0.5)
    add("sub_alpha", "sub", {"a": (3, 4), "b": (4,)}, alpha=2)
    add("div_floor", "div", {"a": (3, 4), "b": positive(4)}, rounding_mode="floor")
    bases = [-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]
    for exponent in [0, 1, 2, 3, 10, 0.5, -1, -2, -3, -0.5, 0.25, 2.5, -1.5]:
        x = positive(3, 4) if exponent != int(exponent) else (3, 4)
        add(f"pow_{exponent}", "pow", {"x": x}, exponent=exponent)
        add(f"pow_{exponent}_bases", "pow", {"x": bases}, "float32", exponent=exponent)
        if exponent != -0.5:  # rsqrt in PyTorch: NaN at -inf, where pow is 0
            add(f"pow_{exponent}_extreme", "pow", {"x": HUGE}, "float32", exponent=exponent)
    grid = torch.cartesian_prod(torch.tensor(bases), torch.tensor([-2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0]))
    add("pow_tensors_grid", "pow", {"x": grid[:, 0].clone(), "exponent": grid[:, 1].clone()}, "float32")
    add("pow_tensors", "pow", {"x": positive(3, 4), "exponent": (4,)})


def reduction_rows(add):
    axes = {"all": {}, "0": {"dim": [0]}, "last": {"dim": [-1]}, "1_2": {"dim": [1, 2]}, "kept": {"dim": [1, 3], "keepdim": True}}
    for op in ["sum", "mean", "amin", "logsumexp", "var", "std", "norm"]:
        for name, attrs in axes.items():
            if op == "logsumexp" and name == "all":
                attrs = {"dim": [0, 1, 2, 3]}
            add(f"{op}_{name}", op, {"x": (2, 3, 4, 5)}, **attrs)
        add(f"{op}_long", op, {"x": (3, 1031)}, dim=[1])
        add(f"{op}_columns", op, {"x": (65, 63)}, dim=[0])
        add(f"{op}_permuted", op, {"x": (4, 5, 6)}, dim=[1], view_of_x=[["permute", 2, 0, 1]])
        add(f"{op}_expanded", op, {"x": (3, 1)}, dim=[1], view_of_x=[["expand", 3, 7]])
        add(f"{op}_batch0", op, {"x": (0, 3)}, dim=[1])
        add(f"{op}_offset", op, {"x": torch.randn(4, 64, generator=torch.Generator().manual_seed(1)) + 1e4}, dim=[1])
        add(f"{op}_special", op, {"x": [[1, NAN, 2], [INF, 1, 2], [-INF, 1, 2], [INF, -INF, 1], [INF, INF, 1]]}, "float32", dim=[1])
        add(f"{op}_error_axis", op, {"x": (2, 3)}, "error", dim=[2])
        add(f"{op}_error_axis_twice", op, {"x": (2, 3)}, "error", dim=[1, 1])
    for op in ["sum", "mean", "prod", "norm", "var", "std"]:
        attrs = {"dim": 1} if op == "prod" else {"dim": [1]}
        add(f"{op}_empty_axis", op, {"x": (2, 0)}, "float32", **attrs)
    add("amin_error_empty", "amin", {"x": (2, 0)}, "error", dim=[1])
    add("amin_ties", "amin", {"x": [[1, 1, 2], [3, 3, 3]]}, "reference", "ties share the gradient", dim=[1])
    add("sum_huge", "sum", {"x": [[3e38, 3e38, -3e38], [1e30, 1, -1e30]]}, "float32", "f32 order of 3e38 decides", dim=[1])
    add("logsumexp_empty_axis", "logsumexp", {"x": (2, 0)}, "float32", dim=[1])
    add("logsumexp_thousand", "logsumexp", {"x": [[1000, 1000], [1000, 999], [-1000, -1001]]}, "float32", dim=[1])
    add("logsumexp_minus_inf", "logsumexp", {"x": [[-INF, -INF], [-INF, 0], [1e4, 1e4], [-1e4, -1e4]]}, "float32", dim=[1])
    for name, attrs in {"biased": {"unbiased": False}, "correction0": {"correction": 0}, "correction2": {"correction": 2}}.items():
        for op in ["var", "std"]:
            add(f"{op}_{name}", op, {"x": (3, 7)}, dim=[1], **attrs)
    for op in ["var", "std"]:
        add(f"{op}_single", op, {"x": (3, 1)}, "float32", "n - 1 = 0", dim=[1])
        add(f"{op}_single_biased", op, {"x": (3, 1)}, "float32", dim=[1], unbiased=False)
        add(f"{op}_constant", op, {"x": torch.full((2, 5), 3.0)}, "float32", dim=[1])
        add(f"{op}_huge", op, {"x": [[1e15, 2e15, 4e15], [1e-15, 3e-15, 2e-15]]}, "float32", dim=[1])
        add(f"{op}_overflow", op, {"x": [[1e30, -1e30, 1e30], [1e-30, 3e-30, 2e-30]]}, "float32", dim=[1])
    for op in ["var", "std"]:
        add(f"{op}_constants", op, {"x": torch.tensor([0.1, -0.7123, 1234.567]).reshape(3, 1).repeat(1, 7)}, dim=[1])
    for p in [0, 1, 2, 3, 4, 0.5, 1.5, -1, -2, INF, -INF]:
        add(f"norm_p{p}", "norm", {"x": (3, 5)}, p=p, dim=[1])
        if p > -INF:
            add(f"norm_p{p}_zeros", "norm", {"x": [[0, 0, 0], [0, 1, -2]]}, "float32", p=p, dim=[1])
    add("norm_inf_ties", "norm", {"x": [[2, -2, 1], [1, 1, 1]]}, p=INF, dim=[1])
    add("norm_huge", "norm", {"x": [[1e30, 1e30], [1e-30, 1e-30], [INF, 1], [NAN, 1]]}, "float32", dim=[1])
    for name, x in {"zero": [[0, 2, 3], [1, 4, 5]], "zeros": [[0, 0, 3], [0, 0, 0]], "negative": [[-1, -2, 3], [1, -1, 1]]}.items():
        add(f"prod_{name}", "prod", {"x": x}, dim=1)
        add(f"prod_{name}_all", "prod", {"x": x})
    add("prod_image", "prod", {"x": (2, 3, 4, 5)}, dim=2, keepdim=True)
    add("prod_special", "prod", {"x": [[INF, 0, 1], [INF, 2, 1], [NAN, 0, 1], [1e30, 1e30, 1e-30], [1e-30, 1e-30, 1]]}, "float32", dim=1)
    for name, x in {"plain": (4, 6), "ties": [[1.0, 3, 3], [2, 2, 2]], "nan": [[1.0, NAN, 3], [NAN, 2, NAN]], "inf": [[-INF, -INF], [INF, INF]]}.items():
        kind = "float32" if name in ("nan", "inf") else "exact"
        add(f"argmax_{name}", "argmax", {"x": x}, kind, dim=1)
        add(f"argmax_{name}_all", "argmax", {"x": x}, kind)
        add(f"max_{name}_dim", "max", {"x": x}, kind, dim=1)
        # torch.max alone gives NaNs the gradient; torch.amax gives NaN to all.
        add(f"max_{name}_all", "max", {"x": x}, kind, fixed=["x"] if name == "nan" else [])
    add("argmax_kept", "argmax", {"x": (2, 3, 4)}, "exact", dim=-2, keepdim=True)
    add("max_kept", "max", {"x": (2, 3, 4)}, "exact", dim=-2, keepdim=True)
    add("argmax_error_empty", "argmax", {"x": (2, 0)}, "error", dim=1)
    add("argmax_error_axis", "argmax", {"x": (2, 3)}, "error", dim=2)
    add("max_axes", "max", {"x": (3, 4)}, "exact", dim=[1])
    add("max_error_empty", "max", {"x": (0,)}, "error")
    for name, attrs in {"2": {"k": 2}, "all": {"k": 9}, "smallest": {"k": 3, "largest": False}, "axis0": {"k": 2, "dim": 0}, "zero": {"k": 0}}.items():
        add(f"topk_{name}", "topk", {"x": (7, 9)}, "exact", **attrs)
    add("topk_error_k", "topk", {"x": (7, 9)}, "error", k=10)
    add("topk_error_negative", "topk", {"x": (7, 9)}, "error", k=-1)
    add("topk_long", "topk", {"x": (2, 1000)}, "exact", k=5)


def refused_dtypes(add):
    x, image = integers(5, 4, 6), integers(5, 1, 2, 6, 6)
    for op, attrs in {"mean": {"dim": [1]}, "softmax": {"dim": 1}, "var": {"dim": [1]}, "norm": {}, "silu": {}, "gelu": {}, "elu": {}}.items():
        add(f"{op}_error_integers", op, {"x": x}, "error", **attrs)
    add("conv_error_integers", "conv2d", {"x": image, "w": (3, 2, 3, 3)}, "error")
    add("linear_error_integers", "linear", {"x": x, "w": (3, 6)}, "error")
    add("norm_error_integers_weight", "batch_norm", {"x": (2, 3, 4, 4), "weight": integers(5, 3), "bias": (3,)}, "error", training=True)
    add("maxpool_error_integers", "max_pool2d", {"x": image}, "error", kernel=[2, 2])
    add("avgpool_error_u8", "avg_pool2d", {"x": image.to(torch.uint8)}, "error", kernel=[2, 2])


def softmax_rows(add):
    extreme = [[1e30, 0, -1e30], [3e38, 3e38, -3e38], [-1e30, -1e30, -1e30], [-INF, 0, 1], [NAN, 0, 1], [INF, 0, 1], [-INF, -INF, -INF], [1e-40, 0, 0], [104, 0, -104]]
    for op in ["softmax", "log_softmax"]:
        for name, (shape, dim) in {"rows": ((3, 10), 1), "first": ((5, 7), 0), "image": ((2, 5, 3, 4), 1), "one": ((3, 1), 1), "vector": ((65,), 0), "empty": ((0, 4), 1), "long": ((2, 1031), -1)}.items():
            add(f"{op}_{name}", op, {"x": shape}, dim=dim)
        add(f"{op}_permuted", op, {"x": (4, 6)}, dim=1, view_of_x=[["permute", 1, 0]])
        add(f"{op}_specials", op, {"x": extreme}, "float32", dim=1)
        add(f"{op}_error_axis", op, {"x": (3, 4)}, "error", dim=2)


def loss_rows(add):
    target = torch.tensor([1, 0, 9, 3, 3, 7])
    ignored = torch.tensor([1, -100, 9, 3, -100, 7])
    soft = torch.softmax(torch.randn(6, 10, generator=torch.Generator().manual_seed(5)), 1)
    for op in ["cross_entropy", "nll_loss"]:
        for reduction in ["none", "sum", "mean"]:
            add(f"{op}_{reduction}", op, {"x": (6, 10), "target": target}, reduction=reduction)
            add(f"{op}_{reduction}_weighted", op, {"x": (6, 10), "target": ignored, "weight": positive(10)}, fixed=["weight"], reduction=reduction)
            add(f"{op}_{reduction}_4d", op, {"x": (2, 5, 3, 4), "target": integers(5, 2, 3, 4)}, reduction=reduction)
            add(f"{op}_{reduction}_batch0", op, {"x": (0, 10), "target": target[:0]}, "float32", reduction=reduction)
        add(f"{op}_ignore_index", op, {"x": (6, 10), "target": target}, ignore_index=3)
        add(f"{op}_all_ignored", op, {"x": (2, 10), "target": torch.tensor([-100, -100])}, "float32", "0 / 0")
        add(f"{op}_vector", op, {"x": (10,), "target": torch.tensor(4)})
        add(f"{op}_special", op, {"x": [[1e30, 0, 0], [INF, 0, 0], [-INF, 0, 0], [NAN, 0, 0], [104, 0, 0]], "target": torch.tensor([1, 1, 0, 1, 2])}, "float32", reduction="none")
        add(f"{op}_error_class", op, {"x": (2, 10), "target": torch.tensor([1, 10])}, "error")
        add(f"{op}_error_negative_class", op, {"x": (2, 10), "target": torch.tensor([1, -1])}, "error")
        add(f"{op}_error_batch", op, {"x": (2, 10), "target": target}, "error")
        add(f"{op}_error_float_target", op, {"x": (2, 10), "target": [1.0, 2.0]}, "error")
        add(f"{op}_error_weight", op, {"x": (6, 10), "target": target, "weight": positive(9)}, "error")
    for reduction in ["none", "sum", "mean"]:
        add(f"cross_entropy_{reduction}_smooth", "cross_entropy", {"x": (6, 10), "target": ignored, "weight": positive(10)}, fixed=["weight"], label_smoothing=0.2, reduction=reduction)
        add(f"cross_entropy_{reduction}_soft", "cross_entropy", {"x": (6, 10), "target": soft}, fixed=["target"], reduction=reduction)
        add(f"cross_entropy_{reduction}_soft_weighted", "cross_entropy", {"x": (6, 10), "target": soft, "weight": positive(10)}, fixed=["target", "weight"], label_smoothing=0.1, reduction=reduction)
    add("cross_entropy_target_view", "cross_entropy", {"x": (2, 5, 3, 4), "target": integers(5, 3, 4, 2)}, view_of_target=[["permute", 2, 0, 1]])
    add("cross_entropy_channels_last", "cross_entropy", {"x": (2, 3, 4, 5), "target": integers(5, 2, 3, 4)}, view_of_x=[["permute", 0, 3, 1, 2]])
    add("cross_entropy_one_class", "cross_entropy", {"x": (4, 1), "target": torch.zeros(4, dtype=torch.int64)})
    add("cross_entropy_huge", "cross_entropy", {"x": [[1e4, -1e4, 0], [80, 100, -100], [0, 0, 0]], "target": torch.tensor([1, 0, 2])}, "float32")
    add("cross_entropy_soft_gradient", "cross_entropy", {"x": (6, 10), "target": soft}, note="the target has a gradient too")
    add("cross_entropy_soft_4d", "cross_entropy", {"x": (2, 3, 4, 5), "target": positive(2, 3, 4, 5)}, fixed=["target"])
    add("cross_entropy_no_weight", "cross_entropy", {"x": (2, 3), "target": torch.tensor([1, 0]), "weight": [0.0, 0, 1]}, "float32", fixed=["weight"])
    add("cross_entropy_only_smooth", "cross_entropy", {"x": (6, 10), "target": target}, label_smoothing=1.0)
    add("cross_entropy_ignored_class", "cross_entropy", {"x": (6, 10), "target": target, "weight": positive(10)}, fixed=["weight"], ignore_index=3, label_smoothing=0.3)
    add("cross_entropy_all_ignored_sum", "cross_entropy", {"x": (2, 4), "target": torch.tensor([-100, -100])}, reduction="sum")
    add("cross_entropy_error_soft", "cross_entropy", {"x": (2, 4), "target": (2, 5)}, "error")
    add("cross_entropy_error_smoothing", "cross_entropy", {"x": (6, 10), "target": target}, "error", label_smoothing=1.5)
    for reduction in ["none", "sum", "mean"]:
        add(f"mse_{reduction}", "mse_loss", {"x": (3, 5), "target": (3, 5)}, reduction=reduction)
        add(f"bce_{reduction}", "binary_cross_entropy_with_logits", {"x": (3, 5), "target": positive(3, 5) / 4}, fixed=["target"], reduction=reduction)
        add(f"bce_{reduction}_weights", "binary_cross_entropy_with_logits", {"x": (3, 5), "target": positive(3, 5) / 4, "weight": positive(3, 5), "pos_weight": positive(5)}, fixed=["target", "weight", "pos_weight"], reduction=reduction)
    add("mse_extreme", "mse_loss", {"x": HUGE, "target": [0.0] * len(HUGE)}, "float32", fixed=["target"], reduction="none")
    add("mse_error_shapes", "mse_loss", {"x": (3, 5), "target": (3, 4)}, "error")
    add("bce_extreme", "binary_cross_entropy_with_logits", {"x": HUGE[:-3], "target": [0.25] * (len(HUGE) - 3)}, "float32", fixed=["target"], reduction="none")
    add("bce_infinite", "binary_cross_entropy_with_logits", {"x": [INF, -INF, INF, -INF, NAN], "target": [1.0, 0, 0, 1, 0]}, "float32", fixed=["target"], reduction="none")
    add("bce_target_gradient", "binary_cross_entropy_with_logits", {"x": (2, 3), "target": positive(2, 3) / 4})
    add("bce_error_shapes", "binary_cross_entropy_with_logits", {"x": (3, 5), "target": (3, 4)}, "error")


ALL = [unary_rows, binary_rows, reduction_rows, refused_dtypes, softmax_rows, loss_rows]
