"""What a model computes in float64, and how far PyTorch's own float32 is from that.

A golden of <family>.json is by model:
  shape, stream         of the input, whose values generated.py makes; there are CLASSES classes
  logits                at evaluation, of each image
  stages                at evaluation: shape and digest of the feature maps, by stage
  loss                  of a training step; auxiliary heads count by Entry.aux
  grads                 digests of every `gradsEvery`-th parameter's gradient, 0 for one that cancels out; `gradsNorm`: of all
  statistics            digests of every `statisticsEvery`-th running mean or variance after the step
  errors                the larger float32 error of two implementations of convolution: oneDNN's, and by matrix products.
                        logits: of the largest logit. stages, grads, statistics: the difference's norm by the tensor's,
                        largest of all.
                        loss: the outputs' largest, by the loss. gradsNorm: of all gradients together. zeroGrads: by gradsNorm.
A digest is the norm and two values. Dropout and stochastic depth have probability 0.
"""

import hashlib

import torch
from torch import nn
from torchvision.ops import StochasticDepth

from .generated import images, targets, weights

CLASSES = 10
KINDS = ("logits", "stages", "grads", "statistics")
# Gradients whose norm is a smaller share of all gradients' cancel out, so that rounding is left: biases before batch norm.
ZERO = 1e-5


def build(entry):
    """The model with generated weights and nothing random in training."""
    model = entry.make(CLASSES)
    state = model.state_dict()
    generated = weights([(name, tuple(value.shape)) for name, value in state.items()])
    model.load_state_dict({k: torch.from_numpy(v).to(state[k].dtype) for k, v in zip(state, generated)})
    for module in model.modules():
        if isinstance(module, (nn.Dropout, StochasticDepth)):
            module.p = 0.0
    return model


def run(model, entry, dtype):
    """Logits and stages at evaluation, then one training step's loss, gradients and running statistics, all in float64."""
    state = {k: v.clone() for k, v in model.state_dict().items()}
    model.to(dtype)
    x = torch.from_numpy(images(entry.stream, (entry.batch, entry.published[0], entry.size, entry.size))).to(dtype)
    target = torch.from_numpy(targets(entry.batch, CLASSES))
    with torch.no_grad():
        logits, stages = watched(model.eval(), entry, x)
    outputs = model.train()(x)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    losses = [nn.functional.cross_entropy(output, target) for output in outputs]
    loss = losses[0] + entry.aux * sum(losses[1:])
    loss.backward()
    result = {
        "logits": {"logits": logits},
        "outputs": [output.detach() for output in outputs],
        "loss": loss.item(),
        "stages": stages,
        "grads": {name: p.grad for name, p in model.named_parameters()},
        "statistics": {name: value.clone() for name, value in model.named_buffers() if "running" in name},
    }
    model.zero_grad(set_to_none=True)
    model.float().load_state_dict(state)
    return result


def watched(model, entry, x):
    """The output, and the outputs of the stages by name."""
    stages = {}

    def keep(name, relu):
        return lambda _module, _args, out: stages.__setitem__(name, torch.relu(out) if relu else out.clone())

    modules = dict(model.named_modules())
    hooks = []
    for name, (path, *relu) in ((name, path.split()) for name, path in (entry.stages or {}).items()):
        hooks.append(modules[path].register_forward_hook(keep(name, relu)))
    logits = model(x)
    for hook in hooks:
        hook.remove()
    return logits, stages if entry.stages else dict(model.seen)


def goldens(entry, every):
    """The float64 values, thinned to every n-th parameter by `every(count)`, with PyTorch's own float32 errors."""
    model = build(entry)
    exact = run(model, entry, torch.float64)
    total = norm(exact["grads"])
    zeros = {k for k, v in exact["grads"].items() if v.norm() < ZERO * total}
    errors = dict.fromkeys((*KINDS, "loss", "gradsNorm", "zeroGrads"), 0.0)
    for onednn in (True, False):
        with torch.backends.mkldnn.flags(enabled=onednn):
            single = run(model, entry, torch.float32)
        for kind, error in float32_errors(exact, single, zeros).items():
            errors[kind] = max(errors[kind], error)
    step = every(len(exact["grads"])), every(len(exact["statistics"]))
    return {
        "shape": [entry.batch, entry.published[0], entry.size, entry.size],
        "stream": entry.stream,
        "logits": [digits(v) for v in exact["logits"]["logits"].flatten()],
        "stages": {name: {"shape": list(v.shape), "digest": digest(v)} for name, v in exact["stages"].items()},
        "loss": digits(exact["loss"]),
        "gradsNorm": digits(total),
        "gradsEvery": step[0],
        "grads": [0 if k in zeros else digest(v) for k, v in list(exact["grads"].items())[:: step[0]]],
        "statisticsEvery": step[1],
        "statistics": [digest(v) for v in list(exact["statistics"].values())[:: step[1]]],
        "errors": {kind: digits(error, 3) for kind, error in errors.items()},
    }


def float32_errors(exact, single, zeros):
    """By kind, the largest of all tensors. The loss has that of the outputs, as one number can be right by chance."""
    total = norm(exact["grads"])
    errors = {"logits": largest_error(single["logits"]["logits"], exact["logits"]["logits"])}
    for kind in KINDS[1:]:
        rows = [norm_error(v, exact[kind][k]) for k, v in single[kind].items() if k not in zeros]
        errors[kind] = max(rows, default=0.0)
    outputs = zip(single["outputs"], exact["outputs"])
    errors["loss"] = max((v.double() - reference).abs().max().item() for v, reference in outputs) / exact["loss"]
    errors["gradsNorm"] = norm({k: v.double() - exact["grads"][k] for k, v in single["grads"].items()}) / total
    errors["zeroGrads"] = max((single["grads"][k].norm().item() / total for k in zeros), default=0.0)
    return errors


def norm(values):
    return sum(v.double().norm().item() ** 2 for v in values.values()) ** 0.5


def largest_error(value, reference):
    return ((value.double() - reference).abs().max() / reference.abs().max()).item()


def norm_error(value, reference):
    """The difference's norm relative to the reference's: bounds the error of every number in a digest."""
    return ((value.double() - reference).norm() / reference.norm()).item()


def digits(value, count=9):
    return float(f"{float(value):.{count}g}")


def digest(value):
    """Norm, and the values at one and two thirds of the way."""
    flat = value.double().flatten()
    return [digits(flat.norm()), *(digits(flat[len(flat) * third // 3]) for third in (1, 2))]


def layout(entry):
    """Facts of the model as published: parameters, multiply-accumulates of one image, and SHA-256 of its state-dict lines."""
    model = entry.make(entry.classes)
    lines = [f"{k} [{', '.join(map(str, v.shape))}]" for k, v in model.state_dict().items()]
    aux = sum(p.numel() for k, p in model.named_parameters() if k.startswith(("aux", "AuxLogits")))
    facts = {
        "inputShape": list(entry.published),
        "numClasses": entry.classes,
        "params": sum(p.numel() for p in model.parameters()),
        "macs": macs(model, entry.published),
        "state": sha256("\n".join(lines)),
    }
    if aux:
        facts["auxParams"] = aux
    if entry.printed:
        facts["printed"] = sha256(str(model))
    return facts


def macs(model, shape):
    """Of convolutions and linear layers, at evaluation."""
    counts = []

    def count(module, _args, out):
        each = module.weight[0].numel()
        counts.append(out.numel() * each)

    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    with torch.no_grad():
        model.eval()(torch.zeros(1, *shape))
    return sum(counts)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
