"""Rows of convolution, pooling, normalisation, resizing and the ops that move data."""

import math

import torch

INF, NAN = math.inf, math.nan


def conv_rows(add):
    x, w, b = (2, 4, 8, 9), (6, 4, 3, 3), (6,)
    plain = {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1}
    options = {
        "plain": {},
        "padding_pair": {"padding": [2, 1]},
        "stride_pair": {"stride": [2, 3]},
        "dilation_pair": {"dilation": [2, 3]},
        "all_pairs": {"stride": [3, 2], "padding": [1, 2], "dilation": [1, 2]},
        "stride_over_kernel": {"stride": [4, 5]},
        "padding_over_kernel": {"padding": [4, 4]},
    }
    for name, some in options.items():
        add(f"conv_{name}", "conv2d", {"x": x, "w": w, "b": b}, **{**plain, **some})
    add("conv_numbers", "conv2d", {"x": x, "w": w}, stride=2, padding=1)
    add("conv_no_attrs", "conv2d", {"x": x, "w": w})
    add("conv_same", "conv2d", {"x": x, "w": (6, 4, 4, 3)}, padding="same")
    add("conv_valid", "conv2d", {"x": x, "w": w}, padding="valid")
    shapes = {
        "1x1": ((2, 7, 5, 6), (9, 7, 1, 1), {}),
        "1x1_strided": ((2, 8, 7, 7), (4, 8, 1, 1), {"stride": [2, 2]}),
        "7x7_s2": ((1, 3, 31, 33), (8, 3, 7, 7), {"stride": [2, 2], "padding": [3, 3]}),
        "11x11_s4": ((1, 3, 63, 63), (5, 3, 11, 11), {"stride": [4, 4], "padding": [2, 2]}),
        "1x7": ((1, 3, 9, 9), (5, 3, 1, 7), {"padding": [0, 3]}),
        "7x1": ((1, 3, 9, 9), (5, 3, 7, 1), {"padding": [3, 0]}),
        "2x2": ((2, 3, 8, 8), (4, 3, 2, 2), {"padding": [1, 1]}),
        "5x5": ((2, 3, 9, 8), (4, 3, 5, 5), {"padding": [2, 2]}),
        "kernel_is_input": ((3, 4, 5, 6), (7, 4, 5, 6), {}),
        "map_1x1": ((2, 16, 1, 1), (8, 16, 3, 3), {"padding": [1, 1]}),
        "batch0": ((0, 3, 5, 5), (4, 3, 3, 3), {}),
        "grouped": ((2, 8, 7, 7), (12, 2, 3, 3), {"groups": 4, "padding": [1, 1]}),
        "grouped_strided": ((2, 8, 9, 7), (4, 4, 3, 3), {"groups": 2, "stride": [2, 1], "dilation": [2, 1], "padding": [2, 1]}),
        "depthwise": ((2, 9, 7, 8), (9, 1, 3, 3), {"groups": 9, "padding": [1, 1]}),
        "depthwise_s2_5x5": ((1, 7, 9, 9), (7, 1, 5, 5), {"groups": 7, "stride": [2, 2], "padding": [2, 2]}),
        "depthwise_multiplier": ((1, 4, 6, 6), (8, 1, 3, 3), {"groups": 4}),
        "depthwise_dilated": ((1, 8, 13, 13), (8, 1, 3, 3), {"groups": 8, "padding": [4, 4], "dilation": [4, 4]}),
        "channels_65": ((1, 65, 4, 5), (63, 65, 3, 3), {"padding": [1, 1]}),
        "channels_1": ((2, 1, 9, 9), (1, 1, 3, 3), {}),
        "wide": ((1, 2, 3, 130), (3, 2, 3, 3), {"padding": [1, 1]}),
        "tall": ((1, 2, 65, 2), (3, 2, 3, 2), {"padding": [1, 1]}),
    }
    for name, (xs, ws, some) in shapes.items():
        add(f"conv_{name}", "conv2d", {"x": xs, "w": ws, "b": (ws[0],)}, **{**plain, **some})
    add("conv_unbatched", "conv2d", {"x": (4, 8, 9), "w": w, "b": b})
    add("conv_weight_view", "conv2d", {"x": x, "w": (3, 3, 4, 6), "b": b}, view_of_w=[["permute", 3, 2, 0, 1]])
    add("conv_expanded", "conv2d", {"x": (1, 4, 8, 9), "w": w, "b": b}, view_of_x=[["expand", 3, 4, 8, 9]])
    nonfinite = torch.zeros(1, 1, 5, 5)
    nonfinite[0, 0, 0, 0], nonfinite[0, 0, 4, 4], nonfinite[0, 0, 0, 4] = INF, NAN, 3e38
    add("conv_nonfinite", "conv2d", {"x": nonfinite, "w": torch.ones(1, 1, 3, 3) * 2}, "float32", padding=[1, 1])
    add("conv_huge", "conv2d", {"x": torch.full((1, 1, 4, 4), 1e30), "w": torch.full((1, 1, 2, 2), 1e30)}, "float32")
    errors = {
        "groups": ((1, 4, 5, 5), (6, 2, 3, 3), {"groups": 3}),
        "groups_out": ((1, 4, 5, 5), (5, 2, 3, 3), {"groups": 2}),
        "rank": ((4, 5), (6, 4, 3, 3), {}),
        "weight_rank": ((1, 4, 5, 5), (6, 4, 3), {}),
        "stride_0": ((1, 4, 5, 5), (6, 4, 3, 3), {"stride": [0, 1]}),
        "stride_negative": ((1, 4, 5, 5), (6, 4, 3, 3), {"stride": [-1, 1]}),
        "padding_negative": ((1, 4, 5, 5), (6, 4, 3, 3), {"padding": [-1, 0]}),
        "dilation_0": ((1, 4, 5, 5), (6, 4, 3, 3), {"dilation": [0, 1]}),
        "dilated_too_big": ((1, 4, 5, 5), (6, 4, 3, 3), {"dilation": [3, 3]}),
        "groups_0": ((1, 4, 5, 5), (6, 4, 3, 3), {"groups": 0}),
    }
    for name, (xs, ws, some) in errors.items():
        add(f"conv_error_{name}", "conv2d", {"x": xs, "w": ws}, "error", **some)
    add("conv_error_bias", "conv2d", {"x": x, "w": w, "b": (5,)}, "error")
    linears = {"odd": ((7, 65), (9, 65)), "one": ((1, 1), (1, 1)), "batch0": ((0, 5), (3, 5)), "3d": ((2, 3, 5), (4, 5)), "vector": ((5,), (4, 5)), "no_features": ((2, 0), (3, 0))}
    for name, (xs, ws) in linears.items():
        add(f"linear_{name}", "linear", {"x": xs, "w": ws, "b": (ws[0],)})
    add("linear_no_bias", "linear", {"x": (3, 4), "w": (5, 4)})
    add("linear_permuted", "linear", {"x": (4, 3), "w": (4, 5)}, view_of_x=[["permute", 1, 0]], view_of_w=[["permute", 1, 0]])
    add("linear_nonfinite", "linear", {"x": [[INF, 0], [NAN, 1], [3e38, 3e38]], "w": [[1.0, 2], [0, 1]]}, "float32")
    add("linear_error", "linear", {"x": (3, 4), "w": (5, 3)}, "error")
    add("linear_error_bias", "linear", {"x": (3, 4), "w": (5, 4), "b": (4,)}, "error")


def pool_rows(add):
    x = (2, 3, 9, 8)
    windows = {
        "3x3_s2_p1": {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]},
        "pairs": {"kernel": [3, 2], "stride": [1, 3], "padding": [1, 0]},
        "no_stride": {"kernel": [2, 3]},
        "number": {"kernel": 3, "stride": 2, "padding": 1},
        "stride_over_kernel": {"kernel": [2, 2], "stride": [3, 4]},
        "whole": {"kernel": [9, 8], "stride": [1, 1]},
        "1x1": {"kernel": [1, 1], "stride": [2, 2]},
        "ceil": {"kernel": [2, 3], "stride": [2, 3], "ceil_mode": True},
        "ceil_padded": {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "ceil_mode": True},
        "ceil_s3": {"kernel": [2, 2], "stride": [3, 3], "padding": [1, 1], "ceil_mode": True},
        "ceil_s4": {"kernel": [3, 3], "stride": [4, 4], "padding": [0, 1], "ceil_mode": True},
    }
    for name, attrs in windows.items():
        # Where windows overlap, the order in which gradients are added shows.
        is_apart = name in ("no_stride", "stride_over_kernel", "1x1", "ceil", "ceil_s3", "ceil_s4")
        add(f"maxpool_{name}", "max_pool2d", {"x": x}, "exact" if is_apart else "reference", **attrs)
        add(f"avgpool_{name}", "avg_pool2d", {"x": x}, **attrs)
        add(f"avgpool_{name}_exclude", "avg_pool2d", {"x": x}, **attrs, count_include_pad=False)
        add(f"avgpool_{name}_divisor", "avg_pool2d", {"x": x}, **attrs, divisor_override=5)
    add("maxpool_dilated", "max_pool2d", {"x": (1, 2, 11, 12)}, kernel=[3, 2], stride=[2, 1], padding=[1, 1], dilation=[2, 3])
    add("maxpool_dilated_ceil", "max_pool2d", {"x": (1, 2, 11, 12)}, kernel=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[2, 2], ceil_mode=True)
    add("maxpool_ties", "max_pool2d", {"x": torch.ones(1, 2, 6, 6)}, "reference", "the first of equals", kernel=[3, 3], stride=[2, 2], padding=[1, 1])
    add("maxpool_overlap_ties", "max_pool2d", {"x": torch.tensor([0.0, 1, 1, 0, 1]).reshape(1, 1, 1, 5)}, kernel=[1, 3], stride=[1, 1])
    add("maxpool_channels_last", "max_pool2d", {"x": (2, 8, 7, 3)}, "exact", kernel=[2, 2], view_of_x=[["permute", 0, 3, 1, 2]])
    add("avgpool_channels_last", "avg_pool2d", {"x": (2, 8, 7, 3)}, kernel=[2, 2], view_of_x=[["permute", 0, 3, 1, 2]])
    add("maxpool_unbatched", "max_pool2d", {"x": (3, 8, 7)}, "exact", kernel=[2, 2])
    special = torch.tensor([[-INF, -INF, NAN, 1], [-INF, -INF, 2, INF], [3e38, -3e38, 1e-40, 0], [1, 2, -1e-40, -0.0]]).reshape(1, 1, 4, 4)
    add("maxpool_special", "max_pool2d", {"x": special}, "float32", kernel=[2, 2])
    add("maxpool_minus_inf", "max_pool2d", {"x": torch.full((1, 1, 4, 4), -INF)}, "float32", kernel=[3, 3], stride=[2, 2], padding=[1, 1])
    add("maxpool_two_nans", "max_pool2d", {"x": torch.full((1, 1, 4, 4), NAN)}, "float32", kernel=[2, 2])
    infinite = torch.tensor([[-INF, 1, NAN, 1], [2, 3, 2, 3], [1e38, 1e37, INF, -INF], [1, 2, 1, 1]]).reshape(1, 1, 4, 4)
    for name, attrs in {"apart": {"kernel": [2, 2]}, "padded": {"kernel": [3, 3], "stride": [1, 1], "padding": [1, 1]}}.items():
        add(f"avgpool_special_{name}", "avg_pool2d", {"x": infinite}, "float32", **attrs)
    add("adaptive_avg_special", "adaptive_avg_pool2d", {"x": infinite}, "float32", output_size=[2, 3])
    add("adaptive_avg_special_1", "adaptive_avg_pool2d", {"x": infinite}, "float32", output_size=1)
    for op in ["max_pool2d", "avg_pool2d"]:
        add(f"{op}_batch0", op, {"x": (0, 3, 4, 4)}, "exact", kernel=[2, 2])
        add(f"{op}_error_kernel", op, {"x": (1, 3, 4, 4)}, "error", kernel=[5, 5])
        add(f"{op}_error_padding", op, {"x": (1, 3, 8, 8)}, "error", kernel=[3, 3], padding=[2, 2])
        add(f"{op}_error_stride", op, {"x": (1, 3, 8, 8)}, "error", kernel=[3, 3], stride=[0, 1])
        add(f"{op}_error_rank", op, {"x": (8, 8)}, "error", kernel=[3, 3])
        add(f"{op}_error_kernel_0", op, {"x": (1, 3, 8, 8)}, "error", kernel=[0, 3])
    add("avgpool_error_divisor", "avg_pool2d", {"x": (1, 3, 8, 8)}, "error", kernel=[2, 2], divisor_override=0)
    for name, (shape, size) in {"1": ((2, 3, 7, 8), 1), "odd": ((2, 3, 7, 8), [3, 5]), "same": ((1, 2, 5, 4), [5, 4]), "up": ((1, 2, 3, 4), [7, 9]), "null": ((1, 2, 6, 7), [None, 2]), "map_1x1": ((2, 3, 1, 1), [2, 3]), "batch0": ((0, 3, 4, 4), [2, 2]), "number": ((1, 3, 13, 13), 6)}.items():
        add(f"adaptive_avg_{name}", "adaptive_avg_pool2d", {"x": shape}, output_size=size)
        add(f"adaptive_max_{name}", "adaptive_max_pool2d", {"x": shape}, output_size=size)
    add("adaptive_max_ties", "adaptive_max_pool2d", {"x": torch.ones(1, 1, 5, 5)}, output_size=[2, 3])
    add("adaptive_max_special", "adaptive_max_pool2d", {"x": special}, "float32", output_size=[2, 2])
    for op in ["adaptive_avg_pool2d", "adaptive_max_pool2d"]:
        add(f"{op}_error_rank", op, {"x": (5, 5)}, "error", output_size=[2, 2])
        add(f"{op}_error_negative", op, {"x": (1, 1, 5, 5)}, "error", output_size=[-1, 2])


def norm_rows(add):
    def norm(case, x, compare="reference", note="", keep=("weight", "bias", "running_mean", "running_var"), **attrs):
        channels = x.shape[1] if isinstance(x, torch.Tensor) else x[1]
        every = {"weight": (channels,), "bias": (channels,), "running_mean": (channels,), "running_var": torch.linspace(0.5, 2, channels)}
        add(case, "batch_norm", {"x": x, **{name: every[name] for name in keep}}, compare, note, fixed=["running_mean", "running_var"], **attrs)

    offset = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(3))
    constant = offset.clone()
    constant[:, 1] = 2.5
    for training in [True, False]:
        name = "train" if training else "eval"
        for shape in [(3, 4, 5, 6), (2, 65, 1, 1), (1, 3, 2, 1), (2, 1, 9, 7), (6, 5), (2, 3, 7)]:
            norm(f"norm_{name}_{'x'.join(map(str, shape))}", shape, training=training)
        norm(f"norm_{name}_eps", (2, 3, 4, 4), training=training, eps=0.1, momentum=0.5)
        norm(f"norm_{name}_no_affine", (2, 3, 4, 4), keep=("running_mean", "running_var"), training=training)
        norm(f"norm_{name}_offset", offset + 1e4, training=training)
        norm(f"norm_{name}_constant", constant, note="variance 0 in one channel", training=training)
        norm(f"norm_{name}_tiny", offset * 1e-8, training=training)
        norm(f"norm_{name}_constants", torch.tensor([0.1, 1234.567, -7e5]).reshape(1, 3, 1, 1).repeat(3, 1, 5, 7), training=training)
        norm(f"norm_{name}_all_zero", torch.zeros(2, 3, 3, 3), training=training)
        norm(f"norm_{name}_huge", offset * 1e15, training=training)
        add(f"norm_{name}_view", "batch_norm", {"x": (2, 4, 5, 3), "running_mean": (3,), "running_var": torch.ones(3)}, fixed=["running_mean", "running_var"], training=training, view_of_x=[["permute", 0, 3, 1, 2]])
        special = offset.clone()
        special[0, 0, 0, 0], special[0, 1, 0, 0] = NAN, INF
        norm(f"norm_{name}_special", special, "float32", training=training)
    norm("norm_batch0_eval", (0, 3, 4, 4), training=False)
    norm("norm_momentum_0", (2, 3, 4, 4), training=True, momentum=0.0)
    norm("norm_momentum_1", (2, 3, 4, 4), training=True, momentum=1.0)
    norm("norm_train_no_running", (2, 3, 4, 4), keep=("weight", "bias"), training=True)
    norm("norm_error_one_value", (1, 3, 1, 1), "error", training=True)
    add("norm_error_weight", "batch_norm", {"x": (2, 3, 4, 4), "weight": (4,)}, "error", training=True)
    add("norm_error_eval_without_running", "batch_norm", {"x": (2, 3, 4, 4)}, "error", training=False)
    add("norm_error_running", "batch_norm", {"x": (2, 3, 4, 4), "running_mean": (2,), "running_var": torch.ones(2)}, "error", training=False)
    add("lrn_special", "local_response_norm", {"x": torch.tensor([1.0, INF, 2, 3, 4, NAN, 6, 1e30]).reshape(1, 8, 1, 1)}, "float32", size=3)
    for size in [1, 2, 3, 4, 5, 12, 30]:
        add(f"lrn_{size}", "local_response_norm", {"x": (2, 12, 3, 4)}, size=size, alpha=0.5, beta=0.75, k=1.0)
    add("lrn_defaults", "local_response_norm", {"x": (2, 7, 3, 4)}, size=5)
    add("lrn_3d", "local_response_norm", {"x": (2, 7, 5)}, size=3, alpha=1.0)
    add("lrn_batch0", "local_response_norm", {"x": (0, 7, 3, 3)}, size=3)
    add("lrn_error_rank", "local_response_norm", {"x": (2, 7)}, "error", size=3)


def resize_rows(add):
    sizes = {"up": {"size": [9, 11]}, "down": {"size": [3, 2]}, "mixed": {"size": [2, 9]}, "same": {"size": [5, 7]}, "one": {"size": [1, 1]}, "factor2": {"scale_factor": 2}, "factor": {"scale_factor": [1.6, 0.6]}}
    modes = {"nearest": {"mode": "nearest"}, "bilinear": {"mode": "bilinear"}, "bicubic": {"mode": "bicubic"}}
    for mode in ["bilinear", "bicubic"]:
        modes[f"{mode}_corners"] = {"mode": mode, "align_corners": True}
        modes[f"{mode}_antialias"] = {"mode": mode, "antialias": True, "align_corners": False}
    modes["area"] = {"mode": "area"}
    for mode, attrs in modes.items():
        for name, size in sizes.items():
            add(f"resize_{mode}_{name}", "interpolate", {"x": (2, 3, 5, 7)}, **size, **attrs)
    add("resize_recompute", "interpolate", {"x": (1, 2, 5, 7)}, mode="bilinear", scale_factor=1.6, recompute_scale_factor=True)
    add("resize_from_1x1", "interpolate", {"x": (1, 2, 1, 1)}, mode="bilinear", size=[3, 4])
    add("resize_number", "interpolate", {"x": (1, 2, 5, 7)}, mode="nearest", size=4)
    add("resize_big_down", "interpolate", {"x": (1, 1, 65, 63)}, mode="bilinear", antialias=True, size=[7, 9])
    infinite = torch.arange(20.0).reshape(1, 1, 4, 5)
    infinite[0, 0, 1, 2], infinite[0, 0, 3, 4] = INF, NAN
    for mode, attrs in modes.items():
        # Antialiased weights come out of float cancellation: their gradients differ by more than 1e-5 of the smallest.
        for name in [] if attrs.get("antialias") else ["up", "down", "same"]:
            add(f"resize_{mode}_{name}_special", "interpolate", {"x": infinite}, "float32", **sizes[name], **attrs)
        add(f"resize_{mode}_batch0", "interpolate", {"x": (0, 3, 5, 7)}, **sizes["up"], **attrs)
    add("resize_error_size", "interpolate", {"x": (1, 2, 5, 7)}, "error", mode="bilinear", size=[0, 3])
    add("resize_error_neither", "interpolate", {"x": (1, 2, 5, 7)}, "error", mode="bilinear")
    add("resize_error_both", "interpolate", {"x": (1, 2, 5, 7)}, "error", size=[2, 2], scale_factor=2)
    add("resize_error_corners", "interpolate", {"x": (1, 2, 5, 7)}, "error", mode="nearest", size=[2, 2], align_corners=True)
    add("resize_error_rank", "interpolate", {"x": (5, 7)}, "error", mode="bilinear", size=[2, 2])


def moving_rows(add):
    x = (2, 3, 4, 5)
    for mode in ["constant", "reflect", "replicate"]:
        for name, sizes in {"even": [1, 1, 1, 1], "sides": [1, 2, 3, 0], "width": [2, 1], "crop": [-1, -1, -1, 0], "mixed": [2, -1, -1, 1]}.items():
            shown = (2, 3, 4) if name == "width" and mode != "constant" else x
            add(f"pad_{mode}_{name}", "pad", {"x": shown}, "exact" if mode == "constant" else "reference", left_right_top_bottom=sizes, mode=mode)
        if mode != "constant":
            add(f"pad_{mode}_3d", "pad", {"x": (3, 4, 5)}, left_right_top_bottom=[2, 1, 1, 2], mode=mode)
    add("pad_number", "pad", {"x": x}, "exact", left_right_top_bottom=[1, 0, 0, 2], value=2.5)
    add("pad_channels", "pad", {"x": x}, "exact", left_right_top_bottom=[0, 0, 0, 0, 1, 2])
    add("pad_nan", "pad", {"x": x}, "float32", left_right_top_bottom=[1, 1, 1, 1], value=NAN)
    add("pad_to_nothing", "pad", {"x": x}, "exact", left_right_top_bottom=[-2, -3, 0, 0])
    add("pad_batch0", "pad", {"x": (0, 3, 4, 4)}, "exact", left_right_top_bottom=[1, 1, 1, 1])
    add("pad_error_reflect", "pad", {"x": x}, "error", left_right_top_bottom=[5, 0, 0, 0], mode="reflect")
    add("pad_error_crop", "pad", {"x": x}, "error", left_right_top_bottom=[-3, -3, 0, 0])
    add("cat_zero", "cat", {"x0": (2, 3), "x1": (2, 0), "x2": (2, 4)}, "exact", dim=1)
    add("cat_first", "cat", {"x0": (1, 3), "x1": (4, 3)}, "exact", dim=0)
    add("cat_last", "cat", {"x0": (2, 3, 1), "x1": (2, 3, 7)}, "exact", dim=-1)
    add("cat_one", "cat", {"x0": (2, 3)}, "exact", dim=0)
    add("cat_many", "cat", {f"x{i}": (1, 1 + i % 3, 2, 2) for i in range(12)}, "exact", dim=1)
    add("cat_views", "cat", {"x0": (4, 2, 3), "x1": (2, 5, 3)}, "exact", dim=1, view_of_x0=[["permute", 1, 0, 2]], view_of_x1=[["slice", 1, 0, 5, 2]])
    add("cat_error_shapes", "cat", {"x0": (2, 3), "x1": (3, 4)}, "error", dim=1)
    add("cat_error_axis", "cat", {"x0": (2, 3), "x1": (2, 3)}, "error", dim=2)
    add("cat_error_ranks", "cat", {"x0": (2, 3), "x1": (2, 3, 1)}, "error", dim=0)
    for name, (shape, attrs) in {"even": ((4, 6), {"chunks": 3, "dim": 1}), "uneven": ((7, 2), {"chunks": 3, "dim": 0}), "fewer": ((5, 2), {"chunks": 4, "dim": 0}), "more": ((2, 3), {"chunks": 5, "dim": 1}), "last": ((2, 8), {"chunks": 2, "dim": -1})}.items():
        add(f"chunk_{name}", "chunk", {"x": shape}, "exact", **attrs)
    add("chunk_error", "chunk", {"x": (4, 6)}, "error", chunks=0, dim=1)
    for name, attrs in {"all": {}, "from1": {"start_dim": 1}, "middle": {"start_dim": 1, "end_dim": 2}, "negative": {"start_dim": -2, "end_dim": -1}, "nothing": {"start_dim": 2, "end_dim": 2}}.items():
        add(f"flatten_{name}", "flatten", {"x": x}, "exact", **attrs)
    add("flatten_scalar", "flatten", {"x": ()}, "exact")
    add("flatten_view", "flatten", {"x": x}, "exact", start_dim=1, view_of_x=[["permute", 0, 2, 3, 1]])
    add("flatten_batch0", "flatten", {"x": (0, 3, 4)}, "exact", start_dim=1)
    add("flatten_error", "flatten", {"x": x}, "error", start_dim=2, end_dim=1)
    for name, shape in {"flat": [-1], "infer": [2, -1, 10], "scalar_like": [2, 3, 20, 1], "same": [2, 3, 4, 5]}.items():
        add(f"reshape_{name}", "reshape", {"x": x}, "exact", shape=shape)
    add("reshape_view", "reshape", {"x": (4, 6)}, "exact", shape=[8, 3], view_of_x=[["permute", 1, 0]])
    add("reshape_empty", "reshape", {"x": (0, 4)}, "exact", shape=[2, 0])
    add("reshape_to_scalar", "reshape", {"x": (1, 1)}, "exact", shape=[])
    add("reshape_error", "reshape", {"x": x}, "error", shape=[7, -1])
    add("reshape_error_two", "reshape", {"x": x}, "error", shape=[-1, -1])
    for name, attrs in {"first": {"dim": 0, "index": 1}, "negative": {"dim": -1, "index": -2}, "middle": {"dim": 2, "index": 0}}.items():
        add(f"select_{name}", "select", {"x": x}, "exact", **attrs)
    add("select_error_index", "select", {"x": x}, "error", dim=1, index=3)
    add("select_error_axis", "select", {"x": x}, "error", dim=4, index=0)
    for name, attrs in {"plain": [1, 1, 3, 1], "step": [3, 0, 5, 2], "negative": [3, -4, -1, 1], "clipped": [2, 2, 99, 1], "nothing": [2, 3, 3, 1], "backwards": [2, 3, 1, 1]}.items():
        add(f"slice_{name}", "slice", {"x": x}, "exact", **dict(zip(["dim", "start", "stop", "step"], attrs)))
    add("slice_view", "slice", {"x": x}, "exact", dim=1, start=1, stop=4, step=2, view_of_x=[["permute", 0, 3, 1, 2]])
    add("slice_error_step", "slice", {"x": x}, "error", dim=1, start=0, stop=2, step=0)


ALL = [conv_rows, pool_rows, norm_rows, resize_rows, moving_rows]
