"""PyTorch on the GPU, eager, in full f32: reads cases as JSON on stdin, writes a line of JSON for each. See torch-peer.mjs."""
import json
import sys
import time

import torch
import torch.nn.functional as F

ROUND_MS = 50
ROUNDS = 9
WARM_UP_MS = 250


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


def operation(row):
    x = torch.randn(row["x"], device="cuda")
    weight = torch.randn(row["weight"], device="cuda")
    if row["kind"] == "matmul":
        return lambda: x @ weight
    attrs = row["attrs"]
    return lambda: F.conv2d(x, weight, None, attrs["stride"], attrs["padding"], 1, attrs["groups"])


def inference(row):
    import torchvision

    model = getattr(torchvision.models, row["model"])(weights=None).eval().cuda()
    image = torch.randn(row["shape"], device="cuda")
    return lambda: model(image)


def step(row):
    model = LeNet5().train().cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images = torch.randn(row["shape"], device="cuda")
    labels = (torch.arange(row["batch"]) % 10).cuda()

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return run


MAKERS = {"matmul": operation, "conv2d": operation, "inference": inference, "step": step}


def time_round(run, calls):
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        run()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1000


def time_calls(run):
    began = time.perf_counter()
    time_round(run, 1)
    calls = 1
    took = time_round(run, calls)
    while (time.perf_counter() - began) * 1000 < WARM_UP_MS or took < ROUND_MS / 2:
        calls = max(1, min(2 * calls, -(-int(calls * ROUND_MS) // max(1, int(took)))))
        took = time_round(run, calls)
    return sorted(time_round(run, calls) / calls for _ in range(ROUNDS))[ROUNDS // 2]


def time_answers(run):
    times = []
    for _ in range(30):
        start = time.perf_counter()
        run().cpu()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times[2:])[len(times[2:]) // 2]


def measure(row):
    run = MAKERS[row["kind"]](row)
    if row["kind"] == "step":
        return {"ms": time_calls(run), "answerMs": time_answers(run)}
    with torch.inference_mode():
        times = {"ms": time_calls(run)}
        if row["kind"] == "inference":
            times["answerMs"] = time_answers(run)
    if "macs" in row:
        times["gflops"] = 2 * row["macs"] / times["ms"] / 1e6
    return times


def main():
    rows = json.load(sys.stdin)
    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU")
    # Ours is f32 throughout: so must theirs be.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "gpu": torch.cuda.get_device_name()}), flush=True)
    for row in rows:
        try:
            record = measure(row)
        except Exception as error:
            record = {"skipped": str(error)[:300]}
        print(json.dumps({"key": row["key"], "record": record}), flush=True)


main()
