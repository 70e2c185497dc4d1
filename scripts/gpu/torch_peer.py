"""PyTorch on the GPU, eager: reads cases as JSON on stdin, writes a line of JSON for each. See torch-peer.mjs.

`precision` of a case is f32 (the default: full f32), tf32, bf16 or f16. In 16 bits ops take tensors of that dtype and models run under autocast,
images and convolutions channels-last: what PyTorch's own advice is. Times are of the host's clock around many calls, `gpuMs` by CUDA events.
"""
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


HALVES = {"bf16": torch.bfloat16, "f16": torch.float16}


def made(row, name):
    x = torch.randn(row[name], device="cuda", dtype=HALVES.get(row.get("precision"), torch.float32))
    return in_layout(row, x)


def in_layout(row, x):
    is_half = row.get("precision") in HALVES
    return x.contiguous(memory_format=torch.channels_last) if is_half and x.dim() == 4 else x


def matmul(row):
    x, weight = made(row, "x"), made(row, "weight")
    return lambda: x @ weight


def conv2d(row):
    x, weight, attrs = made(row, "x"), made(row, "weight"), row["attrs"]
    return lambda: F.conv2d(x, weight, None, attrs["stride"], attrs["padding"], 1, attrs["groups"])


def conv2d_grad(row):
    """The gradient for the input or for the weight alone."""
    x, weight, dy, attrs = made(row, "x"), made(row, "weight"), made(row, "y"), row["attrs"]
    mask = [row["kind"] == "conv2dInputGrad", row["kind"] == "conv2dWeightGrad", False]
    pair = lambda value: [value, value]
    rest = (None, pair(attrs["stride"]), pair(attrs["padding"]), [1, 1], False, [0, 0], attrs["groups"], mask)
    return lambda: torch.ops.aten.convolution_backward(dy, x, weight, *rest)


def stream(row):
    x = made(row, "x")
    return {"relu": lambda: torch.relu(x), "add": lambda: x + x, "sum": lambda: x.sum()}[row["kind"]]


def batch_norm(row):
    x = made(row, "x")
    weight, bias = (torch.randn(x.shape[1], device="cuda") for _ in range(2))
    forward = lambda: torch.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-5)
    if row["kind"] == "batchNormTrain":
        return forward
    _, mean, invstd = forward()
    mask = [True, True, True]
    return lambda: torch.ops.aten.native_batch_norm_backward(x, x, weight, None, None, mean, invstd, True, 1e-5, mask)


def built(row):
    if row["model"] == "lenet5":
        return LeNet5().cuda()
    import torchvision

    model = getattr(torchvision.models, row["model"])(weights=None).cuda()
    return model.to(memory_format=torch.channels_last) if row.get("precision") in HALVES else model


def under(row):
    half = HALVES.get(row.get("precision"))
    return torch.autocast("cuda", dtype=half, enabled=half is not None)


def inference(row):
    model, image = built(row).eval(), in_layout(row, torch.randn(row["shape"], device="cuda"))

    def run():
        with under(row):
            return model(image)

    return run


def step(row):
    model = built(row).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images = in_layout(row, torch.randn(row["shape"], device="cuda"))
    labels = (torch.arange(row["batch"]) % 10).cuda()

    def run():
        optimizer.zero_grad(set_to_none=True)
        with under(row):
            loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return run


MAKERS = {
    "matmul": matmul,
    "conv2d": conv2d,
    "conv2dInputGrad": conv2d_grad,
    "conv2dWeightGrad": conv2d_grad,
    "relu": stream,
    "add": stream,
    "sum": stream,
    "batchNormTrain": batch_norm,
    "batchNormTrainGrad": batch_norm,
    "inference": inference,
    "step": step,
}


def time_round(run, calls):
    """Milliseconds by the host's clock, and by the GPU's."""
    torch.cuda.synchronize()
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start = time.perf_counter()
    first.record()
    for _ in range(calls):
        run()
    last.record()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1000, first.elapsed_time(last)


def time_calls(run):
    began = time.perf_counter()
    time_round(run, 1)
    calls = 1
    took, _ = time_round(run, calls)
    while (time.perf_counter() - began) * 1000 < WARM_UP_MS or took < ROUND_MS / 2:
        calls = max(1, min(2 * calls, -(-int(calls * ROUND_MS) // max(1, int(took)))))
        took, _ = time_round(run, calls)
    rounds = [time_round(run, calls) for _ in range(ROUNDS)]
    ms, gpu_ms = (sorted(column)[ROUNDS // 2] / calls for column in zip(*rounds))
    return {"ms": ms, "gpuMs": gpu_ms}


def time_answers(run):
    times = []
    for _ in range(30):
        start = time.perf_counter()
        run().cpu()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times[2:])[len(times[2:]) // 2]


def measure(row):
    is_tf32 = row.get("precision") == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = is_tf32
    torch.backends.cudnn.allow_tf32 = is_tf32
    run = MAKERS[row["kind"]](row)
    if row["kind"] == "step":
        return {**time_calls(run), "answerMs": time_answers(run)}
    with torch.inference_mode():
        times = time_calls(run)
        if row["kind"] == "inference":
            times["answerMs"] = time_answers(run)
    if "macs" in row:
        times["gflops"] = 2 * row["macs"] / times["gpuMs"] / 1e6
    return times


def main():
    rows = json.load(sys.stdin)
    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU")
    torch.backends.cudnn.benchmark = True
    about = {"version": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    print(json.dumps({**about, "gpu": torch.cuda.get_device_name()}), flush=True)
    for row in rows:
        try:
            record = measure(row)
        except Exception as error:
            record = {"skipped": str(error)[:300]}
        # What one case has kept may be what the next lacks.
        torch.cuda.empty_cache()
        print(json.dumps({"key": row["key"], "record": record}), flush=True)


main()
