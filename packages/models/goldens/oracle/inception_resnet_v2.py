"""Inception-ResNet-v2 (Szegedy, Ioffe, Vanhoucke and Alemi 2016, figures 15 to 19), with timm's names and residual scales."""

import torch
from torch import nn

from .staged import Branches, ConvBn, chain, pooled


class Block(nn.Module):
    """x + scale · conv(branches(x)), then ReLU but in the last block. A branch of one layer isn't a Sequential."""

    def __init__(self, channels, scale, branches, relu=True):
        super().__init__()
        for i, rows in enumerate(branches):
            layers = chain(channels, *rows)
            self.add_module(f"branch{i}", layers if len(layers) > 1 else layers[0])
        self.conv2d = nn.Conv2d(sum(rows[-1][0] for rows in branches), channels, 1)
        self.count, self.scale, self.relu = len(branches), scale, relu

    def forward(self, x):
        branches = [getattr(self, f"branch{i}")(x) for i in range(self.count)]
        y = x + self.scale * self.conv2d(torch.cat(branches, 1))
        return torch.relu(y) if self.relu else y


# Rows (channels, kernel) of the branches of Inception-ResNet-A, -B and -C.
A = ([(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)])
B = ([(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))])
C = ([(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))])


class InceptionResNetV2(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv2d_1a = ConvBn(3, 32, 3, 2)
        self.conv2d_2a = ConvBn(32, 32, 3)
        self.conv2d_2b = ConvBn(32, 64, 3, 1, 1)
        self.maxpool_3a = nn.MaxPool2d(3, 2)
        self.conv2d_3b = ConvBn(64, 80, 1)
        self.conv2d_4a = ConvBn(80, 192, 3)
        self.maxpool_5a = nn.MaxPool2d(3, 2)
        self.mixed_5b = Branches(
            ConvBn(192, 96, 1), chain(192, (48, 1), (64, 5)), chain(192, (64, 1), (96, 3), (96, 3)), pooled(192, 64)
        )
        self.repeat = nn.Sequential(*(Block(320, 0.17, A) for _ in range(10)))
        self.mixed_6a = Branches(
            ConvBn(320, 384, 3, 2), chain(320, (256, 1), (256, 3), (384, 3, 2, 0)), nn.MaxPool2d(3, 2)
        )
        self.repeat_1 = nn.Sequential(*(Block(1088, 0.1, B) for _ in range(20)))
        self.mixed_7a = Branches(
            chain(1088, (256, 1), (384, 3, 2, 0)),
            chain(1088, (256, 1), (288, 3, 2, 0)),
            chain(1088, (256, 1), (288, 3), (320, 3, 2, 0)),
            nn.MaxPool2d(3, 2),
        )
        self.repeat_2 = nn.Sequential(*(Block(2080, 0.2, C) for _ in range(9)))
        # Unscaled, as in the released network, and without ReLU.
        self.block8 = Block(2080, 1, C, relu=False)
        self.conv2d_7b = ConvBn(2080, 1536, 1)
        self.classif = nn.Linear(1536, num_classes)

    def forward(self, x):
        *body, classif = self.children()
        for layer in body:
            x = layer(x)
        return classif(x.mean((2, 3)))
