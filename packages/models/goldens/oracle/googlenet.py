"""GoogLeNet as Szegedy et al. 2014 have it in table 1: 5×5 branches, LRN, biases and no batch norm. torchvision's names."""

import torch
from torch import nn
from torch.nn import functional as F

from .staged import Staged

# Table 1: input channels, #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj.
TABLE = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class Inception(nn.Module):
    def __init__(self, c, n1, r3, n3, r5, n5, proj):
        super().__init__()
        self.branch1 = nn.Conv2d(c, n1, 1)
        self.branch2 = nn.Sequential(nn.Conv2d(c, r3, 1), nn.Conv2d(r3, n3, 3, padding=1))
        self.branch3 = nn.Sequential(nn.Conv2d(c, r5, 1), nn.Conv2d(r5, n5, 5, padding=2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), nn.Conv2d(c, proj, 1))

    def forward(self, x):
        two = self.branch2[1](F.relu(self.branch2[0](x)))
        three = self.branch3[1](F.relu(self.branch3[0](x)))
        return F.relu(torch.cat([self.branch1(x), two, three, self.branch4(x)], 1))


class Auxiliary(nn.Module):
    """Section 5: 5×5 average pooling with stride 3, 1×1 convolution, two linear layers, 70 % dropout."""

    def __init__(self, c, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(c, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x):
        x = F.relu(self.conv(F.avg_pool2d(x, 5, 3))).flatten(1)
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class GoogLeNet2014(Staged):
    """In training the outputs are (logits, auxiliary 2 after 4d, auxiliary 1 after 4a), as torchvision's."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.conv2 = nn.Conv2d(64, 64, 1)
        self.conv3 = nn.Conv2d(64, 192, 3, padding=1)
        for name, row in TABLE.items():
            self.add_module(f"inception{name}", Inception(*row))
        self.aux1 = Auxiliary(512, num_classes)
        self.aux2 = Auxiliary(528, num_classes)
        self.fc = nn.Linear(1024, num_classes)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
        self.dropout = nn.Dropout(0.4)

    def forward(self, x):
        x = self.norm(self.pool(F.relu(self.conv1(x))))
        x = self.pool(self.norm(F.relu(self.conv3(F.relu(self.conv2(x))))))
        x = self.pool(self.stage("inception3b", self.inception3b(self.inception3a(x))))
        x = self.inception4a(x)
        aux1 = self.aux1(x) if self.training else None
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        aux2 = self.aux2(x) if self.training else None
        x = self.pool(self.stage("inception4e", self.inception4e(x)))
        x = self.stage("inception5b", self.inception5b(self.inception5a(x)))
        logits = self.fc(self.dropout(x.mean((2, 3))))
        return (logits, aux2, aux1) if self.training else logits
