"""PyTorch on the same cases: reads a request as JSON on stdin, writes a line of JSON for each case. See torch-peer.mjs.

`device` is cuda, or cpu to try this script without a GPU: times are of the host's clock then, and every record says so. `isCompiled` puts models behind
torch.compile. `precision` of a case is f32 (the default: full f32), tf32, bf16 or f16. In 16 bits ops take tensors of that dtype and models run under
autocast, images and convolutions channels-last, which is PyTorch's own advice; in f32 and TF32 both layouts are measured and the faster one counts. Times
are of the host's clock around many calls, `gpuMs` by CUDA events.
"""
import gc
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch_models import HALVES, built, in_layout, loss_of, under
from torch_mnist import train_on_mnist

# Those of timing.mjs.
ROUND_MS = 30
ROUNDS = 7
WARM_UP_MS = 200
ANSWERS_MS = 500


def made(row, name):
    x = torch.randn(row[name], device=row["device"], dtype=HALVES.get(row.get("precision"), torch.float32))
    return in_layout(row, x)


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
    weight, bias = (torch.randn(x.shape[1], device=row["device"]) for _ in range(2))
    forward = lambda: torch.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-5)
    if row["kind"] == "batchNormTrain":
        return forward
    _, mean, invstd = forward()
    mask = [True, True, True]
    return lambda: torch.ops.aten.native_batch_norm_backward(x, x, weight, None, None, mean, invstd, True, 1e-5, mask)


def inference(row):
    model, image = built(row).eval(), in_layout(row, torch.randn(row["shape"], device=row["device"]))
    model = torch.compile(model) if row["isCompiled"] else model

    def run():
        with under(row):
            return model(image)

    return run


def step(row):
    model = built(row).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images = in_layout(row, torch.randn(row["shape"], device=row["device"]))
    labels = (torch.arange(row["batch"]) % 10).to(row["device"])
    model = torch.compile(model) if row["isCompiled"] else model

    def run():
        optimizer.zero_grad(set_to_none=True)
        with under(row):
            loss = loss_of(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return run


MODELS = {"inference": inference, "step": step}
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
    **MODELS,
}


def time_round(run, calls, is_gpu):
    """Milliseconds by the host's clock, and by the GPU's where there is one."""
    if not is_gpu:
        start = time.perf_counter()
        for _ in range(calls):
            run()
        return ((time.perf_counter() - start) * 1000,)
    torch.cuda.synchronize()
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start = time.perf_counter()
    first.record()
    for _ in range(calls):
        run()
    last.record()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1000, first.elapsed_time(last)


def time_calls(run, is_gpu):
    began = time.perf_counter()
    first, *_ = time_round(run, 1, is_gpu)
    if not is_gpu:
        return {"ms": first}
    calls = 1
    took, _ = time_round(run, calls, is_gpu)
    while (time.perf_counter() - began) * 1000 < WARM_UP_MS or took < ROUND_MS / 2:
        calls = max(1, min(2 * calls, -(-int(calls * ROUND_MS) // max(1, int(took)))))
        took, _ = time_round(run, calls, is_gpu)
    rounds = [time_round(run, calls, is_gpu) for _ in range(ROUNDS)]
    ms, gpu_ms = (sorted(column)[ROUNDS // 2] / calls for column in zip(*rounds))
    return {"ms": ms, "gpuMs": gpu_ms}


def time_answers(run, is_gpu):
    times = []
    began = time.perf_counter()
    while len(times) < (5 if is_gpu else 1) or (is_gpu and len(times) < 50 and (time.perf_counter() - began) * 1000 < ANSWERS_MS):
        start = time.perf_counter()
        run().cpu()
        times.append((time.perf_counter() - start) * 1000)
    times = times[2:] if len(times) > 2 else times
    return sorted(times)[len(times) // 2]


def peak_of(run):
    """Bytes that tensors had at most during one call, after cuDNN's own trials."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()


def measure_in(row):
    """A case in one layout of its memory."""
    is_gpu = row["device"] == "cuda"
    run = MAKERS[row["kind"]](row)
    with torch.inference_mode(row["kind"] != "step"):
        times = time_calls(run, is_gpu)
        if row["kind"] in MODELS:
            times["answerMs"] = time_answers(run, is_gpu)
            if is_gpu:
                times["peakBytes"] = peak_of(run)
    if "macs" in row and is_gpu:
        times["gflops"] = 2 * row["macs"] / times["gpuMs"] / 1e6
    return times


def measure(row):
    is_tf32 = row.get("precision") == "tf32"
    if is_tf32 and row["device"] == "cpu":
        return {"skipped": "a processor has no TF32"}
    torch.backends.cuda.matmul.allow_tf32 = is_tf32
    torch.backends.cudnn.allow_tf32 = is_tf32
    if row["kind"] == "mnist":
        return train_on_mnist(row)
    has_layouts = row["kind"] in MODELS or len(row.get("x", [])) == 4
    is_half = row.get("precision") in HALVES
    layouts = [True] if is_half else [False, True] if has_layouts and not row["isCompiled"] else [has_layouts]
    measured = []
    for is_channels_last in layouts:
        measured.append({**measure_in({**row, "isChannelsLast": is_channels_last}), "isChannelsLast": is_channels_last})
        # What one case has kept may be what the next lacks.
        release()
    return min(measured, key=lambda times: times.get("gpuMs", times["ms"]))


def release():
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def line_of(key, record):
    try:
        return json.dumps({"key": key, "record": record}, allow_nan=False)
    except ValueError:
        return json.dumps({"key": key, "record": {"skipped": "numbers that aren't finite", "device": record["device"]}})


def main():
    request = json.load(sys.stdin)
    device, is_compiled = request["device"], request["isCompiled"]
    is_gpu = device == "cuda"
    if is_gpu and not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU")
    if is_compiled and not hasattr(torch, "compile"):
        sys.exit(f"PyTorch {torch.__version__} has no torch.compile")
    torch.backends.cudnn.benchmark = True
    about = {"version": torch.__version__, "device": device, "isCompiled": is_compiled}
    if is_gpu:
        about.update(cuda=torch.version.cuda, cudnn=torch.backends.cudnn.version(), gpu=torch.cuda.get_device_name())
    print(json.dumps(about), flush=True)
    for row in request["rows"]:
        try:
            record = measure({**row, "device": device, "isCompiled": is_compiled})
        except Exception as error:
            record = {"skipped": str(error)[:300]}
        if is_compiled:
            torch._dynamo.reset()
        release()
        print(line_of(row["key"], {**record, "device": device}), flush=True)


main()
