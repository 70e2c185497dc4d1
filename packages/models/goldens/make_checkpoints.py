"""Writes checkpoints/: a checkpoint of LeNet-5 as a training loop saves it with PyTorch, what it computes, and names.json, how other
projects call the layers of torchvision's models.

Run with Debian 12's python3 (torch 1.13, torchvision 0.14): /usr/bin/python3 packages/models/goldens/make_checkpoints.py
names.json has the layers of each project in the order of torchvision's state dict, which pairs them: timm (models/vgg.py, _efficientnet_blocks.py), keras-applications (resnet_common.py, densenet.py, vgg16.py),
torchvision 0.2 (models/densenet.py), pretrained-models.pytorch (torchvision_models.py).
"""

import json
import pathlib

import torch
import torchvision

from oracle.lenet import LeNet5

FOLDER = pathlib.Path(__file__).with_name("checkpoints")


def small(state, seed):
    """The same shapes with noise that overlaps in memory, which torch.save keeps only once: a file of some kB."""
    torch.manual_seed(seed)
    noise = torch.randn(2048) / 8
    return {name: torch.as_strided(noise, value.shape, [1] * value.dim(), 7 * i) for i, (name, value) in enumerate(state.items())}


def checkpoint():
    net = LeNet5().eval()
    trained, averaged = small(net.state_dict(), 1), small(net.state_dict(), 2)
    torch.manual_seed(3)
    x = torch.round(torch.randn(1, 1, 32, 32) * 100) / 100
    logits = {}
    for name, state in [("trained", trained), ("averaged", averaged)]:
        net.load_state_dict(state)
        logits[name] = net.double()(x.double()).flatten().tolist()
        net.float()
    wrapped = lambda state: {f"module.{key}": value for key, value in state.items()}
    saved = {"epoch": 4, "arch": "lenet5", "state_dict": wrapped(trained), "state_dict_ema": wrapped(averaged)}
    saved["optimizer"] = {"state": {0: {"momentum_buffer": trained["conv1.bias"]}}, "param_groups": [{"lr": 0.1, "params": [0]}]}
    torch.save(saved, FOLDER / "lenet5.pth")
    return {"input": [round(value, 2) for value in x.flatten().tolist()], **logits}


def layers(net):
    """Paths of the layers with weights, in the order of the state dict."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name in net.state_dict()))


def keras_resnet(blocks):
    parts = [f"{n}_{kind}" for n in (1, 2, 3) for kind in ("conv", "bn")]
    for stage, count in enumerate(blocks, 2):
        for block in range(1, count + 1):
            own = parts + (["0_conv", "0_bn"] if block == 1 else [])
            yield from (f"conv{stage}_block{block}_{part}" for part in own)


def densenet(blocks, layer, transition):
    for i, count in enumerate(blocks, 1):
        yield from (part for j in range(1, count + 1) for part in layer(i, j))
        yield from transition(i) if i < len(blocks) else []


def old_densenet(i, j):
    return [f"features.denseblock{i}.denselayer{j}.{part}" for part in ("norm.1", "conv.1", "norm.2", "conv.2")]


def keras_densenet(i, j):
    return [f"conv{i + 1}_block{j}_{part}" for part in ("0_bn", "1_conv", "1_bn", "2_conv")]


def timm_efficientnet(net):
    separable = ["conv_dw", "bn1", "se.conv_reduce", "se.conv_expand", "conv_pw", "bn2"]
    inverted = ["conv_pw", "bn1", "conv_dw", "bn2", "se.conv_reduce", "se.conv_expand", "conv_pwl", "bn3"]
    yield from ("conv_stem", "bn1")
    for i, stage in enumerate(list(net.features)[1:-1]):
        for j in range(len(stage)):
            yield from (f"blocks.{i}.{j}.{part}" for part in (separable if i == 0 else inverted))
    yield from ("conv_head", "bn2", "classifier")


def keras_vgg(blocks):
    yield from (f"block{i}_conv{j}" for i, convs in enumerate(blocks, 1) for j in range(1, convs + 1))
    yield from ("fc1", "fc2", "predictions")


def names():
    models = torchvision.models
    dense = [6, 12, 24, 16]
    same = lambda names: [name for name in names if name.startswith("features")]
    stem, norm = ["features.conv0", "features.norm0"], ["features.norm5", "classifier"]
    transition = lambda i: [f"features.transition{i}.norm", f"features.transition{i}.conv"]
    pool = lambda i: [f"pool{i + 1}_bn", f"pool{i + 1}_conv"]
    vgg16, vgg19 = layers(models.vgg16()), layers(models.vgg19())
    alexnet = layers(models.alexnet())
    cadene = [name.replace("features", "_features") for name in same(vgg16)] + ["linear0", "linear1", "last_linear"]
    b0 = models.efficientnet_b0()
    rows = [
        ("densenet121", "torchvision 0.2", layers(models.densenet121()), [*stem, *densenet(dense, old_densenet, transition), *norm]),
        ("densenet121", "Keras", layers(models.densenet121()), ["conv1.conv", "conv1.bn", *densenet(dense, keras_densenet, pool), "bn", "fc1000"]),
        ("resnet50", "Keras", layers(models.resnet50()), ["conv1_conv", "conv1_bn", *keras_resnet([3, 4, 6, 3]), "predictions"]),
        ("efficientnet_b0", "timm", layers(b0), list(timm_efficientnet(b0))),
        ("vgg16", "timm", vgg16, [*same(vgg16), "pre_logits.fc1", "pre_logits.fc2", "head.fc"]),
        ("vgg16", "Keras", vgg16, list(keras_vgg([2, 2, 3, 3, 3]))),
        ("vgg19", "Keras", vgg19, list(keras_vgg([2, 2, 4, 4, 4]))),
        ("vgg16", "pretrained-models.pytorch", vgg16, cadene),
        ("alexnet", "pretrained-models.pytorch", alexnet, [f"_{name}" for name in same(alexnet)] + ["linear0", "linear1", "last_linear"]),
    ]
    for model, project, own, theirs in rows:
        assert len(own) == len(theirs), (model, project, len(own), len(theirs))
        yield {"model": model, "project": project, "layers": theirs}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "lenet5.json").write_text(json.dumps(checkpoint()) + "\n")
    rows = [json.dumps(row, separators=(",", ":")) for row in names()]
    (FOLDER / "names.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
