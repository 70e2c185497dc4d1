"""Writes schedules.json: learning rates of torch.optim.lr_scheduler, one row for each case, values[i] for epoch i.

Run with Debian's python3-torch (PyTorch 1.13.1): /usr/bin/python3 packages/core/goldens/make_schedules.py
"""

import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler

EPOCHS = 40

CASES = [
    {"kind": "ConstantLR", "base_lr": 0.1},
    {"kind": "ConstantLR", "base_lr": 0.05, "factor": 0.25, "total_iters": 9},
    {"kind": "LinearLR", "base_lr": 0.1},
    {"kind": "LinearLR", "base_lr": 0.2, "start_factor": 0.01, "end_factor": 0.5, "total_iters": 12},
    {"kind": "StepLR", "base_lr": 0.1, "step_size": 7},
    {"kind": "StepLR", "base_lr": 0.1, "step_size": 3, "gamma": 0.9},
    {"kind": "MultiStepLR", "base_lr": 0.1, "milestones": [10, 20, 30]},
    {"kind": "MultiStepLR", "base_lr": 0.1, "milestones": [20, 5, 20], "gamma": 0.5},
    {"kind": "ExponentialLR", "base_lr": 0.1, "gamma": 0.93},
    {"kind": "PolynomialLR", "base_lr": 0.1},
    {"kind": "PolynomialLR", "base_lr": 0.1, "total_iters": 30, "power": 0.9},
    {"kind": "CosineAnnealingLR", "base_lr": 0.1, "T_max": 40},
    {"kind": "CosineAnnealingLR", "base_lr": 0.1, "T_max": 12, "eta_min": 0.001},
    {"kind": "CosineAnnealingWarmRestarts", "base_lr": 0.1, "T_0": 7},
    {"kind": "CosineAnnealingWarmRestarts", "base_lr": 0.1, "T_0": 5, "T_mult": 2, "eta_min": 1e-4},
    {"kind": "CosineAnnealingWarmRestarts", "base_lr": 0.1, "T_0": 1, "T_mult": 3},
    {"kind": "OneCycleLR", "base_lr": 0.1, "max_lr": 0.1, "total_steps": 40},
    {"kind": "OneCycleLR", "base_lr": 0.1, "max_lr": 0.4, "epochs": 8, "steps_per_epoch": 5, "anneal_strategy": "linear"},
    {
        "kind": "OneCycleLR", "base_lr": 0.1, "max_lr": 0.3, "total_steps": 40, "pct_start": 0.21, "div_factor": 10,
        "final_div_factor": 100, "three_phase": True,
    },
    {
        "kind": "OneCycleLR", "base_lr": 0.1, "max_lr": 0.3, "total_steps": 43, "pct_start": 0.4, "three_phase": True,
        "anneal_strategy": "linear",
    },
    {
        "kind": "SequentialLR", "base_lr": 0.1, "milestones": [5],
        "schedulers": [
            {"kind": "LinearLR", "start_factor": 0.1, "total_iters": 5},
            {"kind": "CosineAnnealingLR", "T_max": 35},
        ],
    },
    {
        "kind": "SequentialLR", "base_lr": 0.1, "milestones": [4, 25],
        "schedulers": [
            {"kind": "ConstantLR", "factor": 0.1, "total_iters": 2},
            {"kind": "StepLR", "step_size": 6, "gamma": 0.5},
            {"kind": "ExponentialLR", "gamma": 0.9},
        ],
    },
    {
        "kind": "ChainedScheduler", "base_lr": 0.1,
        "schedulers": [
            {"kind": "ConstantLR", "factor": 0.1, "total_iters": 2},
            {"kind": "ExponentialLR", "gamma": 0.9},
        ],
    },
    {
        "kind": "ChainedScheduler", "base_lr": 0.2,
        "schedulers": [
            {"kind": "LinearLR", "start_factor": 0.25, "total_iters": 6},
            {"kind": "MultiStepLR", "milestones": [10, 20], "gamma": 0.3},
            {"kind": "PolynomialLR", "total_iters": 50, "power": 2.0},
        ],
    },
]


def build(optimizer, case):
    options = {key: value for key, value in case.items() if key not in ("kind", "base_lr", "schedulers")}
    parts = [build(optimizer, part) for part in case.get("schedulers", [])]
    if case["kind"] == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(parts)
    if case["kind"] == "SequentialLR":
        return lr_scheduler.SequentialLR(optimizer, parts, **options)
    return getattr(lr_scheduler, case["kind"])(optimizer, **options)


def rates(case):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=case["base_lr"], momentum=0.9)
    scheduler = build(optimizer, case)
    values = []
    for _ in range(EPOCHS):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


def main():
    warnings.simplefilter("ignore")
    rows = [{"op": "lr_schedule", "attrs": case, "values": rates(case), "tolerance": 1e-9} for case in CASES]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    path = pathlib.Path(__file__).with_name("schedules.json")
    path.write_text(f'{{"torch":"{torch.__version__}","rows":[\n{lines}\n]}}\n')
    print(f"{len(rows)} rows with PyTorch {torch.__version__}: {path}")


if __name__ == "__main__":
    main()
