"""ResNets and plain nets for CIFAR-10 (He, Zhang, Ren and Sun 2016, section 4.2): 6n + 2 layers, shortcuts of option A."""

import torch
from torch import nn
from torch.nn import functional as F


def conv3x3(c_in, c_out, stride=1):
    return nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)


class Block(nn.Module):
    def __init__(self, c_in, c_out, stride, shortcut):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(c_in, c_out, stride), nn.BatchNorm2d(c_out)
        self.conv2, self.bn2 = conv3x3(c_out, c_out), nn.BatchNorm2d(c_out)
        self.stride, self.new, self.shortcut = stride, c_out - c_in, shortcut

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.shortcut:
            # Every second pixel, and new channels of zeros: half of them before, half after.
            y = y + F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.new // 2, self.new // 2))
        return torch.relu(y)


class CifarNet(nn.Module):
    def __init__(self, depth, shortcut, num_classes=10):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(3, 16), nn.BatchNorm2d(16)
        c_in = 16
        for i, c_out in enumerate((16, 32, 64)):
            blocks = []
            for j in range((depth - 2) // 6):
                blocks.append(Block(c_in, c_out, 2 if i and not j else 1, shortcut))
                c_in = c_out
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, num_classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))
