"""Every model: how PyTorch builds it, at which size it is measured, and which of its outputs are stages."""

from dataclasses import dataclass
from typing import Callable, Dict, Tuple

import torchvision
from torch import nn
from torchvision.models.densenet import DenseNet

from .alexnet import AlexNet, AlexNet2012
from .cifar import CifarNet
from .googlenet import GoogLeNet2014
from .inception_resnet_v2 import InceptionResNetV2
from .inception_v2 import InceptionV2
from .inception_v4 import InceptionV4
from .lenet import LeNet1998, LeNet5

# Of the inputs' random numbers. Streams of their own have models of which this one gets a ReLU or a max pool near to flipping
# (make_models.py --search).
STREAM = 1_000_020
STREAMS = {
    "alexnet_2012": 1_000_029,
    "alexnet_plain": 1_000_026,
    "vgg11": 1_000_024,
    "vgg13_bn": 1_000_025,
    "vgg16": 1_000_025,
    "vgg16_bn": 1_000_025,
    "vgg19_bn": 1_000_027,
    "googlenet": 1_000_112,
    "inception_v2": 1_000_036,
    "inception_v4": 1_000_064,
    "inception_resnet_v2": 1_000_103,
    "resnet50": 1_000_022,
    "resnet152": 1_000_024,
    "resnext50_32x4d": 1_000_022,
    "resnext101_32x8d": 1_000_039,
    "resnext101_64x4d": 1_000_023,
    "resnet56_cifar": 1_000_021,
    "plain20_cifar": 1_000_023,
    "plain56_cifar": 1_000_026,
    "densenet121": 1_000_032,
    "densenet161": 1_000_073,
    "densenet169": 1_000_031,
    "densenet201": 1_000_048,
    "densenet264": 1_000_032,
}


@dataclass
class Entry:
    family: str
    make: Callable[[int], nn.Module]
    # Channels, height and width it was published for.
    published: Tuple[int, int, int]
    # Height and width, and images, of the goldens.
    size: int
    batch: int = 2
    classes: int = 1000
    # Stages by the module whose output they are, "relu" after it if that follows. Staged models record their own.
    stages: Dict[str, str] = None
    # How much the auxiliary heads' losses count.
    aux: float = 0.0
    stream: int = STREAM
    printed: bool = False


def from_torchvision(name, **options):
    return lambda classes: getattr(torchvision.models, name)(num_classes=classes, **options)


def resnets():
    names = "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d"
    stages = {f"layer{i}": f"layer{i}" for i in range(1, 5)}
    for name in f"{names} wide_resnet50_2 wide_resnet101_2".split():
        yield name, Entry("resnet", from_torchvision(name), (3, 224, 224), 48, stages=stages, printed=True)


def cifar():
    stages = {f"layer{i}": f"layer{i}" for i in range(1, 4)}
    for kind, depth in [*(("resnet", depth) for depth in (20, 32, 44, 56, 110)), ("plain", 20), ("plain", 56)]:
        make = lambda classes, depth=depth, shortcut=kind == "resnet": CifarNet(depth, shortcut, classes)
        yield f"{kind}{depth}_cifar", Entry("resnet_cifar", make, (3, 32, 32), 32, classes=10, stages=stages)


def vggs():
    for depth in (11, 13, 16, 19):
        for suffix in ("", "_bn"):
            make = from_torchvision(f"vgg{depth}{suffix}")
            pools = [i for i, layer in enumerate(make(10).features) if isinstance(layer, nn.MaxPool2d)]
            stages = {f"stage{i + 1}": f"features.{place}" for i, place in enumerate(pools)}
            yield f"vgg{depth}{suffix}", Entry("vgg", make, (3, 224, 224), 48 if suffix else 32, stages=stages, printed=True)


def densenets():
    stages = {f"denseblock{i}": f"features.denseblock{i}" for i in range(1, 4)}
    stages["denseblock4"] = "features.norm5 relu"
    for depth in (121, 161, 169, 201):
        yield f"densenet{depth}", Entry(
            "densenet", from_torchvision(f"densenet{depth}"), (3, 224, 224), 64, stages=stages, printed=True
        )
    make = lambda classes: DenseNet(32, (6, 12, 64, 48), 64, num_classes=classes)
    yield "densenet264", Entry("densenet", make, (3, 224, 224), 64, stages=stages)


def efficientnets():
    stages = {f"features.{i}": f"features.{i}" for i in (1, 2, 3, 5, 8)}
    for i, size in enumerate((224, 240, 288, 300, 380, 456, 528, 600)):
        name = f"efficientnet_b{i}"
        yield name, Entry("efficientnet", from_torchvision(name), (3, size, size), 64, stages=stages, printed=True)


def same(names):
    return {name: name for name in names.split()}


ENTRIES = {
    "lenet5": Entry("lenet", LeNet5, (1, 32, 32), 32, classes=10, printed=True),
    "lenet5_1998": Entry("lenet", LeNet1998, (1, 32, 32), 32, classes=10),
    "alexnet": Entry(
        "alexnet",
        from_torchvision("alexnet"),
        (3, 224, 224),
        127,
        stages={f"conv{i + 1}": f"features.{place}" for i, place in enumerate((1, 4, 7, 9, 11))},
        printed=True,
    ),
    "alexnet_2012": Entry("alexnet", AlexNet2012, (3, 224, 224), 224),
    "alexnet_plain": Entry(
        "alexnet", AlexNet, (3, 224, 224), 224, stages={f"conv{i}": f"conv{i}.1" for i in range(1, 6)}, printed=True
    ),
    **dict(vggs()),
    "googlenet": Entry(
        "inception",
        from_torchvision("googlenet", init_weights=False),
        (3, 224, 224),
        96,
        stages=same("inception3b inception4e inception5b"),
        aux=0.3,
        printed=True,
    ),
    "googlenet_2014": Entry("inception", GoogLeNet2014, (3, 224, 224), 224, aux=0.3),
    "inception_v2": Entry("inception", InceptionV2, (3, 224, 224), 96),
    # The auxiliary head takes maps of 17×17 at least, to 1×1: batch norm needs more than two images there.
    "inception_v3": Entry(
        "inception",
        from_torchvision("inception_v3", init_weights=False),
        (3, 299, 299),
        299,
        batch=3,
        stages=same("Mixed_5d Mixed_6e Mixed_7c"),
        aux=0.4,
        printed=True,
    ),
    "inception_v4": Entry(
        "inception", InceptionV4, (3, 299, 299), 139, stages=same("features.2 features.3 features.9 features.17 features.21")
    ),
    "inception_resnet_v2": Entry(
        "inception", InceptionResNetV2, (3, 299, 299), 139, stages=same("conv2d_2b conv2d_4a repeat repeat_1 conv2d_7b")
    ),
    **dict(resnets()),
    **dict(cifar()),
    **dict(densenets()),
    **dict(efficientnets()),
}

for name, stream in STREAMS.items():
    ENTRIES[name].stream = stream
