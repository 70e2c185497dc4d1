"""Rows of blocks, optimizers, schedules, averages, gradient clipping and dropout."""

import torch
from torch.optim import lr_scheduler

from torch_calls import make_block

EPOCHS = 40
BLOCK_ROWS = {
    "basic": ("BasicBlock", {"inChannels": 8, "channels": 8}, (2, 8, 7, 6)),
    "basic_stride2": ("BasicBlock", {"inChannels": 4, "channels": 8, "stride": 2}, (2, 4, 9, 8)),
    "basic_projection": ("BasicBlock", {"inChannels": 6, "channels": 6, "stride": 1, "downsample": True}, (2, 6, 5, 5)),
    "basic_wider": ("BasicBlock", {"inChannels": 3, "channels": 5}, (1, 3, 4, 4)),
    "bottleneck": ("Bottleneck", {"inChannels": 16, "channels": 4}, (2, 16, 5, 6)),
    "bottleneck_stride2": ("Bottleneck", {"inChannels": 8, "channels": 4, "stride": 2, "downsample": True}, (2, 8, 7, 7)),
    "bottleneck_groups": ("Bottleneck", {"inChannels": 16, "channels": 4, "groups": 2, "widthPerGroup": 64}, (2, 16, 5, 5)),
    "bottleneck_wide": ("Bottleneck", {"inChannels": 8, "channels": 8, "stride": 2, "widthPerGroup": 128}, (1, 8, 6, 6)),
}
OPTIMIZERS = {
    "sgd_momentum": {"kind": "SGD", "lr": 0.1, "momentum": 0.9},
    "sgd_dampening": {"kind": "SGD", "lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    "sgd_nesterov": {"kind": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-2},
    "sgd_decay": {"kind": "SGD", "lr": 0.1, "weight_decay": 0.1},
    "sgd_maximize": {"kind": "SGD", "lr": 0.1, "momentum": 0.9, "maximize": True},
    "sgd_maximize_decay": {"kind": "SGD", "lr": 0.1, "weight_decay": 0.1, "maximize": True},
    "adam": {"kind": "Adam", "lr": 1e-2},
    "adam_defaults": {"kind": "Adam"},
    "adam_betas": {"kind": "Adam", "lr": 1e-2, "betas": [0.5, 0.9], "eps": 1e-4},
    "adam_decay": {"kind": "Adam", "lr": 1e-2, "weight_decay": 0.1},
    "adam_amsgrad": {"kind": "Adam", "lr": 1e-2, "amsgrad": True},
    "adam_maximize": {"kind": "Adam", "lr": 1e-2, "maximize": True, "weight_decay": 0.1},
    "adamw": {"kind": "AdamW", "lr": 1e-2},
    "adamw_decay": {"kind": "AdamW", "lr": 1e-2, "weight_decay": 0.3, "amsgrad": True},
    "adamw_maximize": {"kind": "AdamW", "lr": 1e-2, "maximize": True},
    "rmsprop": {"kind": "RMSprop", "lr": 1e-2},
    "rmsprop_centered": {"kind": "RMSprop", "lr": 1e-2, "centered": True},
    "rmsprop_momentum": {"kind": "RMSprop", "lr": 1e-2, "momentum": 0.9, "alpha": 0.9, "eps": 1e-3},
    "rmsprop_all": {"kind": "RMSprop", "lr": 1e-2, "momentum": 0.9, "centered": True, "weight_decay": 0.1},
    "adagrad": {"kind": "Adagrad", "lr": 1e-1},
    "adagrad_decay": {"kind": "Adagrad", "lr": 1e-1, "lr_decay": 0.1, "weight_decay": 0.1},
    "adagrad_start": {"kind": "Adagrad", "lr": 1e-1, "initial_accumulator_value": 0.5, "eps": 1e-3},
    "adagrad_maximize": {"kind": "Adagrad", "lr": 1e-1, "maximize": True},
}
REFUSED_OPTIONS = {
    "lr": {"kind": "SGD", "lr": -0.1},
    "momentum": {"kind": "SGD", "lr": 0.1, "momentum": -1.0},
    "decay": {"kind": "SGD", "lr": 0.1, "weight_decay": -1.0},
    "nesterov": {"kind": "SGD", "lr": 0.1, "nesterov": True},
    "nesterov_dampening": {"kind": "SGD", "lr": 0.1, "momentum": 0.9, "dampening": 0.1, "nesterov": True},
    "beta": {"kind": "Adam", "betas": [1.0, 0.9]},
    "eps": {"kind": "AdamW", "eps": -1.0},
    "alpha": {"kind": "RMSprop", "alpha": -0.1},
    "lr_decay": {"kind": "Adagrad", "lr_decay": -0.1},
    "start": {"kind": "Adagrad", "initial_accumulator_value": -0.1},
}
SCHEDULES = {
    "constant": {"kind": "ConstantLR", "factor": 0.25, "total_iters": 4},
    "constant_defaults": {"kind": "ConstantLR"},
    "linear": {"kind": "LinearLR", "start_factor": 0.5, "end_factor": 0.1, "total_iters": 10},
    "linear_defaults": {"kind": "LinearLR"},
    "linear_one": {"kind": "LinearLR", "start_factor": 0.01, "total_iters": 1},
    "step": {"kind": "StepLR", "step_size": 3, "gamma": 0.7},
    "step_default": {"kind": "StepLR", "step_size": 11},
    "multistep": {"kind": "MultiStepLR", "milestones": [3, 7, 20], "gamma": 0.3},
    "multistep_twice": {"kind": "MultiStepLR", "milestones": [5, 5, 9], "gamma": 0.5},
    "exponential": {"kind": "ExponentialLR", "gamma": 0.93},
    "polynomial": {"kind": "PolynomialLR", "total_iters": 15, "power": 2.0},
    "polynomial_root": {"kind": "PolynomialLR", "total_iters": 50, "power": 0.9},
    "cosine": {"kind": "CosineAnnealingLR", "T_max": 39, "eta_min": 0.001},
    "cosine_beyond": {"kind": "CosineAnnealingLR", "T_max": 10},
    "restarts": {"kind": "CosineAnnealingWarmRestarts", "T_0": 7},
    "restarts_growing": {"kind": "CosineAnnealingWarmRestarts", "T_0": 3, "T_mult": 2, "eta_min": 0.01},
    "onecycle": {"kind": "OneCycleLR", "max_lr": 0.5, "total_steps": EPOCHS},
    "onecycle_linear": {"kind": "OneCycleLR", "max_lr": 0.5, "total_steps": EPOCHS, "pct_start": 0.1, "anneal_strategy": "linear"},
    "onecycle_three": {"kind": "OneCycleLR", "max_lr": 0.5, "epochs": 10, "steps_per_epoch": 4, "three_phase": True, "div_factor": 10, "final_div_factor": 100},
    "sequential": {"kind": "SequentialLR", "milestones": [5], "schedulers": [{"kind": "LinearLR", "start_factor": 0.1, "total_iters": 5}, {"kind": "CosineAnnealingLR", "T_max": 35}]},
    "sequential_three": {"kind": "SequentialLR", "milestones": [4, 20], "schedulers": [{"kind": "ConstantLR", "factor": 0.1, "total_iters": 9}, {"kind": "ExponentialLR", "gamma": 0.9}, {"kind": "StepLR", "step_size": 5, "gamma": 0.5}]},
    "chained": {"kind": "ChainedScheduler", "schedulers": [{"kind": "ConstantLR", "factor": 0.1, "total_iters": 5}, {"kind": "ExponentialLR", "gamma": 0.9}]},
}


def block_rows(add):
    for name, (kind, args, shape) in BLOCK_ROWS.items():
        state = make_block({"block": kind, "args": args}).state_dict()
        inputs = {key: tuple(value.shape) for key, value in state.items() if "num_batches" not in key}
        inputs = {key: torch.linspace(0.5, 1.5, *shape) if "running_var" in key else shape for key, shape in inputs.items()}
        fixed = [key for key in inputs if "running" in key]
        for mode in ["train", "eval"]:
            add(f"block_{name}_{mode}", "module", {"x": shape, **inputs}, fixed=fixed, fed_back=["y"], mode=mode, block=kind, args=args)


def optimizer_rows(add):
    shapes = {"p0": (3, 4), "p1": (5,)}
    inputs = {**shapes, **{f"{name}.grad{k}": shape for k in range(1, 7) for name, shape in shapes.items()}}
    for name, attrs in OPTIMIZERS.items():
        add(f"optim_{name}", "optimizer", inputs, fixed=list(inputs), **attrs)
    zero = {**inputs, "p0.grad1": torch.zeros(3, 4), "p1.grad1": torch.zeros(5)}
    for kind in ["Adam", "RMSprop", "Adagrad"]:
        add(f"optim_{kind.lower()}_zero_grad", "optimizer", zero, fixed=list(inputs), kind=kind, lr=0.01)


    one = {"p0": (3,), "p0.grad1": (3,)}
    for name, attrs in REFUSED_OPTIONS.items():
        add(f"optim_error_{name}", "optimizer", one, "error", fixed=list(one), **attrs)
    special = {"p0": (5,), "p0.grad1": [1.0, float("inf"), float("nan"), 1e20, 1e-38], "p0.grad2": [1.0, 1, 1, 1e20, 1e-30]}
    for kind in ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]:
        add(f"optim_{kind.lower()}_special", "optimizer", special, "float32", fixed=list(special), kind=kind, lr=0.1)


def averaging_rows(add):
    steps = {"x": (3, 4), **{f"x.step{k}": (3, 4) for k in range(1, 5)}}
    for decay in [0.9, 0.0, 1.0]:
        add(f"ema_{decay}", "ema", steps, fixed=list(steps), decay=decay)
    grads = {"g0": (3, 4), "g1": (5,)}
    for name, attrs in {"2": {"max_norm": 1.0}, "1": {"max_norm": 0.5, "norm_type": 1}, "inf": {"max_norm": 0.5, "norm_type": float("inf")}, "unclipped": {"max_norm": 100.0}, "3": {"max_norm": 1.0, "norm_type": 3.0}}.items():
        add(f"clip_{name}", "clip_grad_norm", grads, fixed=list(grads), **attrs)
    add("clip_zero", "clip_grad_norm", {"g0": torch.zeros(3, 4)}, fixed=["g0"], max_norm=1.0)
    for name, grad in {"inf": [1.0, float("inf")], "nan": [1.0, float("nan")], "huge": [3e38, 3e38], "tiny": [1e-30, 1e-38]}.items():
        add(f"clip_{name}_gradient", "clip_grad_norm", {"g0": grad}, "float32", fixed=["g0"], max_norm=1.0)
    mask = torch.rand(3, 4, 5, 5, generator=torch.Generator().manual_seed(9)) > 0.3
    add("dropout_mask", "dropout", {"x": (3, 4, 5, 5), "mask": mask.float()}, fixed=["mask"], p=0.3)
    add("dropout_mask_u8", "dropout", {"x": (3, 4, 5, 5), "mask": mask.to(torch.uint8)}, p=0.3)
    for name, attrs in {"eval": {"p": 0.5, "training": False}, "p0": {"p": 0.0}}.items():
        add(f"dropout_{name}", "dropout", {"x": (3, 4)}, **attrs)
        add(f"stochastic_depth_{name}", "stochastic_depth", {"x": (3, 4)}, mode="row", **attrs)
    add("stochastic_depth_row", "stochastic_depth", {"x": (3, 4, 2, 2), "mask": torch.tensor([1.0, 0, 1]).reshape(3, 1, 1, 1)}, fixed=["mask"], p=0.2, mode="row")
    add("stochastic_depth_batch", "stochastic_depth", {"x": (3, 4, 2, 2), "mask": torch.zeros(1, 1, 1, 1)}, fixed=["mask"], p=0.2, mode="batch")


def schedule_rows(folder):
    for name, attrs in SCHEDULES.items():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        scheduler = make_scheduler(attrs, optimizer)
        values = []
        for _ in range(EPOCHS):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if len(values) < EPOCHS:
                scheduler.step()
        folder.schedule(f"lr_{name}", {"kind": attrs["kind"], "base_lr": 0.1, **attrs}, values)


def make_scheduler(attrs, optimizer):
    options = dict(attrs)
    kind = getattr(lr_scheduler, options.pop("kind"))
    if "schedulers" not in options:
        return kind(optimizer, **options)
    nested = [make_scheduler(part, optimizer) for part in options.pop("schedulers")]
    return kind(nested) if kind is lr_scheduler.ChainedScheduler else kind(optimizer, nested, **options)


ALL = [block_rows, optimizer_rows, averaging_rows]
