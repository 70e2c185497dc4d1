"""The training of mnist-training.mjs in PyTorch: the same initial weights, order of images, learning rates and evaluation."""
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch_models import built, in_layout, under

EVALUATION_BATCH = 1000
IDX_HEADER = {"images": 16, "labels": 8}


def train_on_mnist(row):
    row = {**row, "isChannelsLast": row["precision"] != "f32"}
    train, test = (read(row["data"], split) for split in ("train", "test"))
    model = start(row)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=row["momentum"], weight_decay=row["weightDecay"])
    orders = torch.frombuffer(bytearray(Path(row["folder"], "orders.bin").read_bytes()), dtype=torch.int32).long()
    orders = orders.reshape(row["epochs"], -1)
    rates = iter(row["rates"])
    first_loss, epochs = None, []
    for order in orders:
        synchronize(row)
        began, losses = time.perf_counter(), []
        model.train()
        for at in order.split(row["batch"]):
            for group in optimizer.param_groups:
                group["lr"] = next(rates)
            images, labels = batch_of(row, train, at)
            optimizer.zero_grad(set_to_none=True)
            with under(row):
                loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach() * len(at))
        total = torch.stack(losses).sum().item()
        seconds = time.perf_counter() - began
        first_loss = first_loss if first_loss is not None else losses[0].item() / row["batch"]
        epochs.append({"seconds": seconds, "loss": total / len(order), "accuracy": accuracy(row, model, test)})
    return {"epochs": epochs, "firstLoss": first_loss}


def read(folder, split):
    name = {"train": "train", "test": "t10k"}[split]
    images, labels = (Path(folder, f"{name}-{what}-ubyte").read_bytes() for what in ("images-idx3", "labels-idx1"))
    tensor = lambda data, what: torch.frombuffer(bytearray(data[IDX_HEADER[what] :]), dtype=torch.uint8)
    return tensor(images, "images").reshape(-1, 1, 28, 28), tensor(labels, "labels").long()


def start(row):
    """The model with the weights of the other side."""
    model = built(row, num_classes=10) if row["model"] != "lenet5" else built(row)
    if row["model"] != "lenet5":
        model.conv1 = torch.nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False).to(row["device"])
    data = torch.frombuffer(bytearray(Path(row["folder"], "weights.bin").read_bytes()), dtype=torch.float32)
    parameters, at = dict(model.named_parameters()), 0
    if sorted(parameters) != sorted(name for name, _ in row["weights"]):
        raise ValueError("the models' parameters have other names")
    with torch.no_grad():
        for name, shape in row["weights"]:
            target = parameters[name]
            target.copy_(data[at : at + target.numel()].reshape(shape))
            at += target.numel()
    return in_layout(row, model)


def batch_of(row, dataset, at):
    """Out of the host's memory, made in f32 on the device."""
    images, labels = (part[at].to(row["device"], non_blocking=True) for part in dataset)
    x = ((images.float() / 255) - row["mean"]) / row["std"]
    if row["padding"]:
        x = F.pad(x, [row["padding"]] * 4, value=-row["mean"] / row["std"])
    if row["side"]:
        x = F.interpolate(x, size=row["side"], mode="bilinear", align_corners=False)
    return in_layout(row, x), labels


def accuracy(row, model, dataset):
    model.eval()
    samples = min(row["testLimit"] or len(dataset[1]), len(dataset[1]))
    correct = 0
    with torch.inference_mode():
        for at in torch.arange(samples).split(EVALUATION_BATCH):
            images, labels = batch_of(row, dataset, at)
            with under(row):
                correct += (model(images).argmax(1) == labels).sum().item()
    return correct / samples


def synchronize(row):
    if row["device"] == "cuda":
        torch.cuda.synchronize()
