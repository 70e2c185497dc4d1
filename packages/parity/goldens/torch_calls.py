"""What PyTorch does for each op of a golden row: (inputs by name, attributes by PyTorch's names) -> y, or outputs by name."""

import torch
import torch.nn.functional as F
import torchvision

BLOCKS = {"BasicBlock": torchvision.models.resnet.BasicBlock, "Bottleneck": torchvision.models.resnet.Bottleneck}


def unary(function):
    return lambda i, a: function(i["x"], **a)


def binary(function):
    """Of two tensors, or of one and a number among the attributes."""

    def call(i, a):
        rest = dict(a)
        number = rest.pop("other", None)
        return function(i["a"], i["b"] if number is None else number, **rest)

    return call


def pooled(function):
    """Poolings call their window `kernel` in rows."""

    def call(i, a):
        rest = dict(a)
        return function(i["x"], rest.pop("kernel"), **rest)

    return call


def with_indices(pair):
    return {"y": pair[0], "indices": pair[1]}


def numbered(parts):
    return {f"y{i}": part for i, part in enumerate(parts)}


def joined(function):
    return lambda i, a: function([i[name] for name in sorted(i, key=lambda name: int(name[1:]))], **a)


def extreme(function):
    def call(i, a):
        if isinstance(a.get("dim"), list):
            return torch.amax(i["x"], **a)
        y = function(i["x"], **a)
        return y if isinstance(y, torch.Tensor) else with_indices(y)

    return call


def loss(function):
    def call(i, a):
        weights = {name: i[name] for name in ("weight", "pos_weight") if name in i}
        return function(i["x"], i["target"], **weights, **a)

    return call


def batch_norm(i, a):
    running = {name: i[name].detach().clone() for name in ("running_mean", "running_var") if name in i}
    statistics = (running.get("running_mean"), running.get("running_var"))
    y = F.batch_norm(i["x"], *statistics, i.get("weight"), i.get("bias"), **a)
    return {"y": y, **(running if a.get("training") else {})}


def pad(i, a):
    return F.pad(i["x"], a["left_right_top_bottom"], a.get("mode", "constant"), a.get("value", 0))


def power(i, a):
    return torch.pow(i["x"], i["exponent"] if "exponent" in i else a["exponent"])


def clamp(i, a):
    return torch.clamp(i["x"], i.get("min", a.get("min")), i.get("max", a.get("max")))


def slicing(i, a):
    at = [slice(None)] * a["dim"] + [slice(a["start"], a["stop"], a["step"])]
    return i["x"][tuple(at)]


def masked(i, a):
    """Dropout with the mask that was drawn: what is kept is divided by its probability."""
    if not a.get("training", True) or a["p"] == 0:
        return i["x"]
    scale = 0 if a["p"] == 1 else 1 / (1 - a["p"])
    mask = i["mask"].reshape([-1] + [1] * (i["x"].dim() - i["mask"].dim()) if i["mask"].dim() == 1 else i["mask"].shape)
    return i["x"] * mask * scale


def clip_grad_norm(i, a):
    params = [torch.nn.Parameter(torch.zeros_like(x)) for x in i.values()]
    for param, grad in zip(params, i.values()):
        param.grad = grad.detach().clone()
    total = torch.nn.utils.clip_grad_norm_(params, a["max_norm"], a.get("norm_type", 2))
    return {"total_norm": total, **{name: param.grad for name, param in zip(i, params)}}


def ema(i, a):
    outputs, average = {}, i["x"].detach().clone()
    for step in range(1, len(i)):
        average = average * a["decay"] + i[f"x.step{step}"].detach() * (1 - a["decay"])
        outputs[f"x.ema{step}"] = average.clone()
    return outputs


def module(i, a):
    block = make_block(a).to(i["x"].dtype)
    is_training = a["mode"] == "train"
    block.train(is_training)
    names = {**dict(block.named_parameters()), **dict(block.named_buffers())}
    state = {name: i[name].detach().clone() if "running" in name else i[name] for name in i if name in names}
    y = torch.nn.utils.stateless.functional_call(block, state, (i["x"],))
    after = {f"after.{name}": value for name, value in state.items() if "running" in name and is_training}
    return {"y": y, **after}


def make_block(a):
    """torchvision's block for a row's options, with a projection where they need one or say so."""
    kind, args = BLOCKS[a["block"]], dict(a["args"])
    ins, channels, stride = args.pop("inChannels"), args.pop("channels"), args.pop("stride", 1)
    outs = channels * kind.expansion
    projection = None
    if args.pop("downsample", stride != 1 or ins != outs):
        projection = torch.nn.Sequential(torch.nn.Conv2d(ins, outs, 1, stride, bias=False), torch.nn.BatchNorm2d(outs))
    return kind(ins, channels, stride, projection, args.pop("groups", 1), args.pop("widthPerGroup", 64))


def optimizer(i, a):
    options = dict(a)
    names = [name for name in i if "." not in name]
    params = {name: torch.nn.Parameter(i[name].detach().clone()) for name in names}
    stepper = getattr(torch.optim, options.pop("kind"))(params.values(), **options)
    outputs = {}
    for step in range(1, 1 + sum(name.startswith(names[0] + ".") for name in i)):
        for name, param in params.items():
            param.grad = i[f"{name}.grad{step}"].detach().clone()
        stepper.step()
        outputs.update({f"{name}.step{step}": param.detach().clone() for name, param in params.items()})
    return outputs


CALLS = {
    **{name: unary(getattr(torch, name)) for name in "abs exp log sqrt rsqrt tanh sigmoid".split()},
    **{name: unary(getattr(torch, name)) for name in "sum mean prod amin logsumexp var std norm argmax flatten select".split()},
    **{name: unary(getattr(F, name)) for name in "relu relu6 silu mish hardsigmoid hardswish gelu leaky_relu elu".split()},
    **{name: unary(getattr(F, name)) for name in "softplus softmax log_softmax adaptive_avg_pool2d interpolate".split()},
    "gelu_tanh": unary(lambda x: F.gelu(x, approximate="tanh")),
    "local_response_norm": unary(F.local_response_norm),
    "reshape": unary(torch.reshape),
    **{name: binary(getattr(torch, name)) for name in "add sub mul div maximum minimum".split()},
    "pow": power,
    "clamp": clamp,
    "conv2d": lambda i, a: F.conv2d(i["x"], i["w"], i.get("b"), **a),
    "linear": lambda i, a: F.linear(i["x"], i["w"], i.get("b")),
    "max_pool2d": lambda i, a: with_indices(pooled(F.max_pool2d)(i, {**a, "return_indices": True})),
    "avg_pool2d": pooled(F.avg_pool2d),
    "adaptive_max_pool2d": lambda i, a: with_indices(F.adaptive_max_pool2d(i["x"], **a, return_indices=True)),
    "batch_norm": batch_norm,
    "cross_entropy": loss(F.cross_entropy),
    "nll_loss": loss(F.nll_loss),
    "mse_loss": loss(F.mse_loss),
    "binary_cross_entropy_with_logits": loss(F.binary_cross_entropy_with_logits),
    "max": extreme(torch.max),
    "topk": extreme(torch.topk),
    "cat": joined(torch.cat),
    "stack": joined(torch.stack),
    "chunk": lambda i, a: numbered(torch.chunk(i["x"], **a)),
    "slice": slicing,
    "pad": pad,
    "dropout": masked,
    "stochastic_depth": masked,
    "clip_grad_norm": clip_grad_norm,
    "ema": ema,
    "module": module,
    "optimizer": optimizer,
}
