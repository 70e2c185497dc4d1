"""BN-Inception (Ioffe and Szegedy 2015, figure 5), with the layer names of its Caffe form. Every convolution has a bias."""

import torch
from torch import nn

from .staged import Staged

# Figure 5: input channels, #1×1, #3×3 reduce, #3×3, #double 3×3 reduce, #double 3×3, pool, #pool proj.
# 3c and 4e have stride 2.
TABLE = {
    "3a": (192, 64, 64, 64, 64, 96, "avg", 32),
    "3b": (256, 64, 64, 96, 64, 96, "avg", 64),
    "3c": (320, 0, 128, 160, 64, 96, "max", 0),
    "4a": (576, 224, 64, 96, 96, 128, "avg", 128),
    "4b": (576, 192, 96, 128, 96, 128, "avg", 128),
    "4c": (576, 160, 128, 160, 128, 160, "avg", 128),
    "4d": (608, 96, 128, 192, 160, 192, "avg", 128),
    "4e": (608, 0, 128, 192, 192, 256, "max", 0),
    "5a": (1056, 352, 192, 320, 160, 224, "avg", 128),
    "5b": (1024, 352, 192, 320, 192, 224, "max", 128),
}
STAGES = {"inception_3b", "inception_4d", "inception_5b"}


class InceptionV2(Staged):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.layer("conv1_7x7_s2", 3, 64, 7, 2)
        self.layer("conv2_3x3_reduce", 64, 64, 1)
        self.layer("conv2_3x3", 64, 192, 3)
        for name, (c, n1, r3, n3, rd, nd, _, proj) in TABLE.items():
            stride = 1 if n1 else 2
            if n1:
                self.layer(f"inception_{name}_1x1", c, n1, 1)
            self.layer(f"inception_{name}_3x3_reduce", c, r3, 1)
            self.layer(f"inception_{name}_3x3", r3, n3, 3, stride)
            self.layer(f"inception_{name}_double_3x3_reduce", c, rd, 1)
            self.layer(f"inception_{name}_double_3x3_1", rd, nd, 3)
            self.layer(f"inception_{name}_double_3x3_2", nd, nd, 3, stride)
            if proj:
                self.layer(f"inception_{name}_pool_proj", c, proj, 1)
        self.last_linear = nn.Linear(1024, num_classes)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)

    def layer(self, name, c_in, c_out, kernel, stride=1):
        self.add_module(name, nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(c_out))

    def run(self, x, *names):
        for name in names:
            x = torch.relu(getattr(self, f"{name}_bn")(getattr(self, name)(x)))
        return x

    def block(self, name, x):
        _, n1, *_, pool, proj = TABLE[name]
        i = f"inception_{name}"
        branches = [self.run(x, f"{i}_1x1")] if n1 else []
        branches.append(self.run(x, f"{i}_3x3_reduce", f"{i}_3x3"))
        branches.append(self.run(x, f"{i}_double_3x3_reduce", f"{i}_double_3x3_1", f"{i}_double_3x3_2"))
        if not proj:
            branches.append(self.pool(x))
        else:
            # Averages count the padding.
            pooling = nn.AvgPool2d(3, 1, 1, ceil_mode=True) if pool == "avg" else nn.MaxPool2d(3, 1, 1, ceil_mode=True)
            branches.append(self.run(pooling(x), f"{i}_pool_proj"))
        return torch.cat(branches, 1)

    def forward(self, x):
        x = self.pool(self.run(x, "conv1_7x7_s2"))
        x = self.pool(self.run(x, "conv2_3x3_reduce", "conv2_3x3"))
        for name in TABLE:
            x = self.block(name, x)
            if f"inception_{name}" in STAGES:
                self.stage(f"inception_{name}", x)
        # 7×7 averages at 224×224.
        return self.last_linear(x.mean((2, 3)))
