"""LeNet-5: the form with ReLU and max pooling, and that of LeCun, Bottou, Bengio and Haffner 1998, figure 2."""

import torch
from torch import nn
from torch.nn import functional as F

from .staged import Staged


class LeNet5(Staged):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):
        x = self.stage("conv1", F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = self.stage("conv2", F.max_pool2d(F.relu(self.conv2(x)), 2))
        return self.fc3(self.fc2(self.fc1(x.flatten(1))))


class Subsampling(nn.Module):
    """Averages of 2×2, times a trainable scale, plus a trainable bias, each per channel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return F.avg_pool2d(x, 2) * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class LeNet1998(Staged):
    """Full connections from S2 to C3, and a linear output layer for the paper's radial basis functions."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.pool1 = Subsampling(6)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool2 = Subsampling(16)
        self.conv3 = nn.Conv2d(16, 120, 5)
        self.fc1 = nn.Linear(120, 84)
        self.fc2 = nn.Linear(84, num_classes)

    def forward(self, x):
        x = self.stage("conv1", torch.tanh(self.pool1(torch.tanh(self.conv1(x)))))
        x = self.stage("conv2", torch.tanh(self.pool2(torch.tanh(self.conv2(x)))))
        x = torch.tanh(self.conv3(x)).flatten(1)
        return self.fc2(torch.tanh(self.fc1(x)))
