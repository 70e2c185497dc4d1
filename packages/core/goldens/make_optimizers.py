"""Writes optimizers.json: parameters after each of six steps of torch.optim in float64, one row for each case.

Run with Debian's python3-torch (PyTorch 1.13.1): /usr/bin/python3 packages/core/goldens/make_optimizers.py
Parameters and gradients follow the pattern of make_functional.py; the second parameter has no gradient on the first step.
"""

import json
import pathlib

import torch
from make_functional import values

STEPS = 6
SHAPES = [(2, 3), (4,)]
CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "maximize": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.2, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.02, "centered": True, "eps": 1e-2, "momentum": 0.5}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.05, "initial_accumulator_value": 0.3, "maximize": True}),
]


def run(kind, options):
    params = [values(shape, i).requires_grad_() for i, shape in enumerate(SHAPES)]
    optimizer = getattr(torch.optim, kind)(params, **options)
    after = []
    for step in range(STEPS):
        for i, param in enumerate(params):
            param.grad = None if (step, i) == (0, 1) else values(SHAPES[i], 10 * step + i + 20)
        optimizer.step()
        after.append([[float(f"{v:.12g}") for v in param.detach().flatten().tolist()] for param in params])
    return {"kind": kind, "options": options, "after": after}


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("optimizers.json")
    rows = [json.dumps(run(*case), separators=(",", ":")) for case in CASES]
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n")
