"""Models, layouts and precisions of torch_peer.py and torch_mnist.py."""
import torch
import torch.nn.functional as F

HALVES = {"bf16": torch.bfloat16, "f16": torch.float16}


class LeNet5(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 5)
        self.conv2 = torch.nn.Conv2d(6, 16, 5)
        self.fc1 = torch.nn.Linear(400, 120)
        self.fc2 = torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(self.fc2(self.fc1(x.flatten(1))))


def built(row, **options):
    if row["model"] == "lenet5":
        model = LeNet5()
    else:
        import torchvision

        # Its own initial weights take minutes; times don't depend on them.
        quick = {"init_weights": False} if row["model"].startswith("inception") else {}
        model = getattr(torchvision.models, row["model"])(weights=None, **quick, **options)
    return in_layout(row, model.to(row["device"]))


def in_layout(row, x):
    """Maps of a tensor, or all of a model, channels-last where the case says so."""
    if not row.get("isChannelsLast") or (torch.is_tensor(x) and x.dim() != 4):
        return x
    return x.to(memory_format=torch.channels_last)


def under(row):
    half = HALVES.get(row.get("precision"))
    return torch.autocast(row["device"], dtype=half or torch.bfloat16, enabled=half is not None)


def loss_of(outputs, labels):
    """Mean cross-entropy, with 0.4 of an auxiliary head's."""
    if torch.is_tensor(outputs):
        return F.cross_entropy(outputs, labels)
    return F.cross_entropy(outputs.logits, labels) + 0.4 * F.cross_entropy(outputs.aux_logits, labels)
