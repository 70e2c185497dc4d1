"""What the oracle's own models share."""

import torch
from torch import nn


class Staged(nn.Module):
    """A model that shows outputs of its stages; torchvision's models are watched by hooks instead."""

    def __init__(self):
        super().__init__()
        self.seen = {}

    def stage(self, name, x):
        self.seen[name] = x.detach().clone()
        return x


class ConvBn(nn.Module):
    """Convolution without bias, batch norm with the Inceptions' eps, ReLU."""

    def __init__(self, c_in, c_out, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(c_out, eps=1e-3)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class Branches(nn.Module):
    """Branches side by side, named branch0, branch1, …; outputs are concatenated over channels."""

    def __init__(self, *branches):
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"branch{i}", branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], 1)


def chain(c_in, *rows):
    """Sequential of ConvBn from rows (channels, kernel[, stride[, padding]]); 'same' padding unless given."""
    layers = []
    for c_out, kernel, *rest in rows:
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        stride = rest[0] if rest else 1
        padding = rest[1] if len(rest) > 1 else (kernel[0] // 2, kernel[1] // 2)
        layers.append(ConvBn(c_in, c_out, kernel, stride, padding))
        c_in = c_out
    return nn.Sequential(*layers)


def pooled(c_in, c_out):
    """Average over the 3×3 neighbours inside the image, then a 1×1 convolution."""
    return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), ConvBn(c_in, c_out, 1))
