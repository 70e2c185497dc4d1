"""PyTorch eager (torchvision's models, our weights), answering as serve.mjs does."""
import json
import os
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F
import torchvision

SAMPLE = 4096


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


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    return {
        name: torch.from_numpy(numpy.frombuffer(data[start + a : start + b], dtype="<f4").copy().reshape(entry["shape"]))
        for name, entry in header.items()
        for a, b in [entry["data_offsets"]]
    }


def build(task):
    name = task["model"]
    model = LeNet5() if name == "lenet5" else getattr(torchvision.models, name)(weights=None)
    weights = read_safetensors(os.path.join(task["folder"], "weights.safetensors"))
    weights = {key: value for key, value in weights.items() if not key.endswith("num_batches_tracked")}
    report = model.load_state_dict(weights, strict=False)
    missing = [key for key in report.missing_keys if not key.endswith("num_batches_tracked")]
    assert not missing and not report.unexpected_keys, (missing, report.unexpected_keys)
    return model


def load_inference(task):
    model = build(task).eval()
    values = numpy.fromfile(os.path.join(task["folder"], "input.f32"), dtype="<f4").reshape(task["shape"])

    def run():
        with torch.inference_mode():
            return model(torch.from_numpy(values)).numpy()

    return run


def load_kernel(task):
    with open(os.path.join(task["folder"], "graph.json")) as file:
        node = json.load(file)["nodes"][0]
    constants = read_safetensors(os.path.join(task["folder"], "constants.safetensors"))
    weight = constants[node["inputs"][1]]
    values = numpy.fromfile(os.path.join(task["folder"], "input.f32"), dtype="<f4").reshape(task["shape"])
    attrs = node["attrs"]

    def run():
        with torch.inference_mode():
            x = torch.from_numpy(values)
            if node["op"] == "matmul":
                return (x @ weight).numpy()
            top, _, left, _ = attrs["padding"]
            return F.conv2d(x, weight, None, attrs["stride"], (top, left), attrs["dilation"], attrs["groups"]).numpy()

    return run


def load_training(task):
    model = build(task).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images = numpy.fromfile(os.path.join(task["folder"], "input.f32"), dtype="<f4").reshape([task["batches"], *task["shape"]])
    labels = numpy.fromfile(os.path.join(task["folder"], "labels.i32"), dtype="<i4").reshape([task["batches"], task["batch"]])
    step = 0

    def run():
        nonlocal step
        at = step % task["batches"]
        step += 1
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(torch.from_numpy(images[at])), torch.from_numpy(labels[at]).long())
        loss.backward()
        optimizer.step()
        return numpy.array([loss.item()])

    return run


LOADERS = {"inference": load_inference, "kernel": load_kernel, "training": load_training}


def measure(run, milliseconds, warmup, least_runs):
    start = time.perf_counter()
    while True:
        run()
        if time.perf_counter() - start >= warmup / 1000:
            break
    times = []
    used = time.process_time()
    end = time.perf_counter() + milliseconds / 1000
    while len(times) < least_runs or time.perf_counter() < end:
        before = time.perf_counter()
        run()
        times.append((time.perf_counter() - before) * 1000)
    return {"times": times, "processorMs": (time.process_time() - used) * 1000}


def sample(output):
    flat = output.reshape(-1)
    step = 1 if flat.size <= SAMPLE else -(-flat.size // SAMPLE)
    return flat[::step].tolist()


def main():
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            torch.set_num_threads(request["task"]["threads"])
            run = LOADERS[request["task"]["kind"]](request["task"])
            output = [value for _ in range(request["task"].get("checkRuns", 1)) for value in sample(run())]
            answer = {"name": "PyTorch eager + OpenBLAS", "version": torch.__version__, "output": output}
        elif request["do"] == "measure":
            answer = measure(run, request["milliseconds"], request["warmup"], request["leastRuns"])
        else:
            answer = {"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        print("@@" + json.dumps(answer), flush=True)


main()
