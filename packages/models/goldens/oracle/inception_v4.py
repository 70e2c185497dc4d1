"""Inception-v4 (Szegedy, Ioffe, Vanhoucke and Alemi 2016, figures 3 to 9), with timm's names."""

import torch
from torch import nn

from .staged import Branches, ConvBn, chain, pooled


class PoolAndConv(nn.Module):
    """Halves the map twice over, by pooling and by a convolution; `order` says which comes first in the channels."""

    def __init__(self, c_in, c_out, order):
        super().__init__()
        self.conv = ConvBn(c_in, c_out, 3, 2)
        self.maxpool = nn.MaxPool2d(3, 2)
        self.order = order

    def forward(self, x):
        return torch.cat([getattr(self, name)(x) for name in self.order], 1)


class InceptionC(nn.Module):
    """Figure 6: two of the branches fork."""

    def __init__(self):
        super().__init__()
        self.branch0 = ConvBn(1536, 256, 1)
        self.branch1_0 = ConvBn(1536, 384, 1)
        self.branch1_1a = ConvBn(384, 256, (1, 3), 1, (0, 1))
        self.branch1_1b = ConvBn(384, 256, (3, 1), 1, (1, 0))
        self.branch2_0 = ConvBn(1536, 384, 1)
        self.branch2_1 = ConvBn(384, 448, (3, 1), 1, (1, 0))
        self.branch2_2 = ConvBn(448, 512, (1, 3), 1, (0, 1))
        self.branch2_3a = ConvBn(512, 256, (1, 3), 1, (0, 1))
        self.branch2_3b = ConvBn(512, 256, (3, 1), 1, (1, 0))
        self.branch3 = pooled(1536, 256)

    def forward(self, x):
        one = self.branch1_0(x)
        two = self.branch2_2(self.branch2_1(self.branch2_0(x)))
        forks = [self.branch1_1a(one), self.branch1_1b(one), self.branch2_3a(two), self.branch2_3b(two)]
        return torch.cat([self.branch0(x), *forks, self.branch3(x)], 1)


def stem():
    mixed4a = Branches(chain(160, (64, 1), (96, 3, 1, 0)), chain(160, (64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3, 1, 0)))
    convs = [ConvBn(3, 32, 3, 2), ConvBn(32, 32, 3), ConvBn(32, 64, 3, 1, 1)]
    return [*convs, PoolAndConv(64, 96, ("maxpool", "conv")), mixed4a, PoolAndConv(192, 192, ("conv", "maxpool"))]


def inception_a():
    return Branches(ConvBn(384, 96, 1), chain(384, (64, 1), (96, 3)), chain(384, (64, 1), (96, 3), (96, 3)), pooled(384, 96))


def reduction_a():
    return Branches(ConvBn(384, 384, 3, 2), chain(384, (192, 1), (224, 3), (256, 3, 2, 0)), nn.MaxPool2d(3, 2))


def inception_b():
    return Branches(
        ConvBn(1024, 384, 1),
        chain(1024, (192, 1), (224, (1, 7)), (256, (7, 1))),
        chain(1024, (192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))),
        pooled(1024, 128),
    )


def reduction_b():
    long = chain(1024, (256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2, 0))
    return Branches(chain(1024, (192, 1), (192, 3, 2, 0)), long, nn.MaxPool2d(3, 2))


class InceptionV4(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        blocks = [*stem(), *(inception_a() for _ in range(4)), reduction_a()]
        blocks += [*(inception_b() for _ in range(7)), reduction_b(), *(InceptionC() for _ in range(3))]
        self.features = nn.Sequential(*blocks)
        self.last_linear = nn.Linear(1536, num_classes)

    def forward(self, x):
        return self.last_linear(self.features(x).mean((2, 3)))
