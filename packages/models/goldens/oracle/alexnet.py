"""AlexNets that torchvision lacks: Krizhevsky, Sutskever and Hinton 2012, section 3.5, and its plain form."""

from torch import nn

from .staged import Staged


class AlexNet2012(Staged):
    """Convolutions 2, 4 and 5 in two groups. The paper's α 1e-4 isn't divided by the window's 5 channels; PyTorch's is: 5e-4."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)
        self.fc1 = nn.Linear(9216, 4096)
        self.fc2 = nn.Linear(4096, 4096)
        self.fc3 = nn.Linear(4096, num_classes)
        self.relu = nn.ReLU()
        self.norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
        self.pool = nn.MaxPool2d(3, 2)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = self.pool(self.norm(self.stage("conv1", self.relu(self.conv1(x)))))
        x = self.pool(self.norm(self.stage("conv2", self.relu(self.conv2(x)))))
        x = self.stage("conv3", self.relu(self.conv3(x)))
        x = self.stage("conv4", self.relu(self.conv4(x)))
        x = self.pool(self.stage("conv5", self.relu(self.conv5(x)))).flatten(1)
        x = self.relu(self.fc1(self.dropout(x)))
        x = self.relu(self.fc2(self.dropout(x)))
        return self.fc3(x)


class AlexNet(nn.Module):
    """The plain form: no LRN, groups or dropout, and no activation between the linear layers."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 96, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2))
        self.conv2 = nn.Sequential(nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2))
        self.conv3 = nn.Sequential(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU())
        self.conv4 = nn.Sequential(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU())
        self.conv5 = nn.Sequential(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, stride=2))
        self.fc1 = nn.Linear(9216, 4096)
        self.fc2 = nn.Linear(4096, 4096)
        self.fc3 = nn.Linear(4096, num_classes)

    def forward(self, x):
        x = self.conv5(self.conv4(self.conv3(self.conv2(self.conv1(x)))))
        return self.fc3(self.fc2(self.fc1(x.flatten(1))))
