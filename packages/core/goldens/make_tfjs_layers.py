"""Writes tfjs/: Keras models as TensorFlow.js keeps them (tfjs-core, io/types.ts), and expected.json with what they compute.

No TensorFlow is needed: the files follow the format's definition, and the outputs are NumPy's, in Keras's own layout [N, H, W, C].
Run: /usr/bin/python3 packages/core/goldens/make_tfjs_layers.py
"""

import json
import pathlib

import numpy

FOLDER = pathlib.Path(__file__).with_name("tfjs")
EPS = 0.002
RANDOM = numpy.random.default_rng(3)


def make_weights():
    """[6, 5, 2] → conv 3×3 same → norm without gamma → ReLU → depthwise 3×3, 2 each → flatten → dense."""
    shapes = {
        "c1/kernel": (3, 3, 2, 3),
        "c1/bias": (3,),
        "block/bn/beta": (3,),
        "block/bn/moving_mean": (3,),
        "block/bn/moving_variance": (3,),
        "dw/depthwise_kernel": (3, 3, 3, 2),
        "dw/bias": (6,),
        "out/kernel": (4 * 3 * 6, 4),
        "out/bias": (4,),
    }
    weights = {name: RANDOM.normal(size=shape).astype("<f4") for name, shape in shapes.items()}
    weights["block/bn/moving_variance"] = numpy.abs(weights["block/bn/moving_variance"]) + numpy.float32(0.5)
    return weights


def topology():
    layer = lambda type, name, before, **config: {
        "class_name": type,
        "config": {"name": name, "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}}, **config},
        "name": name,
        "inbound_nodes": [[[before, 0, 0, {}]]] if before else [],
    }
    layers = [
        layer("InputLayer", "input_1", None, batch_input_shape=[None, 6, 5, 2]),
        layer("Conv2D", "c1", "input_1", filters=3, kernel_size=[3, 3], padding="same"),
        layer("BatchNormalization", "bn", "c1", epsilon=EPS, scale=False),
        layer("Activation", "relu", "bn", activation="relu"),
        layer("DepthwiseConv2D", "dw", "relu", depth_multiplier=2, kernel_size=[3, 3], padding="valid"),
        layer("Flatten", "flat", "dw"),
        layer("Dropout", "drop", "flat", rate=0.5),
        layer("Dense", "out", "drop", units=4),
    ]
    return {"keras_version": "2.4.0", "backend": "tensorflow", "model_config": {"class_name": "Functional", "config": {"name": "small", "layers": layers}}}


def forward(weights, x):
    w = {name: value.astype(numpy.float64) for name, value in weights.items()}
    padded = numpy.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = lambda maps, i, j, h, wd: maps[:, i : i + h, j : j + wd]
    y = sum(numpy.einsum("nhwc,co->nhwo", windows(padded, i, j, 6, 5), w["c1/kernel"][i, j]) for i in range(3) for j in range(3))
    y = y + w["c1/bias"]
    y = (y - w["block/bn/moving_mean"]) / numpy.sqrt(w["block/bn/moving_variance"] + EPS) + w["block/bn/beta"]
    y = numpy.maximum(y, 0)
    y = sum(numpy.einsum("nhwc,cm->nhwcm", windows(y, i, j, 4, 3), w["dw/depthwise_kernel"][i, j]) for i in range(3) for j in range(3))
    y = y.reshape(len(x), 4, 3, 6) + w["dw/bias"]
    return y.reshape(len(x), -1) @ w["out/kernel"] + w["out/bias"]


def quantised(weights):
    """(stored, manifest entry, what it stands for) by weight, in the converter's three ways."""
    kinds = ["uint8", "uint16", "float16"]
    for i, (name, value) in enumerate(weights.items()):
        entry = {"name": name, "shape": list(value.shape), "dtype": "float32"}
        kind = kinds[i % 3]
        if kind == "float16":
            stored = value.astype("<f2")
            yield stored, {**entry, "quantization": {"dtype": kind, "original_dtype": "float32"}}, stored.astype("<f4")
            continue
        steps = 2 ** (8 if kind == "uint8" else 16) - 1
        low = float(value.min())
        scale = (float(value.max()) - low) / steps or 1.0
        stored = numpy.round((value.astype(float) - low) / scale).astype(kind)
        meaning = (stored.astype(float) * scale + low).astype("<f4")
        yield stored, {**entry, "quantization": {"dtype": kind, "scale": scale, "min": low, "original_dtype": "float32"}}, meaning


def write_model(name, entries, data, cuts):
    """Shards are cut anywhere, in the middle of numbers too."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    ends = [*cuts, len(data)]
    paths = [f"group1-shard{i + 1}of{len(ends)}.bin" for i in range(len(ends))]
    for path, begin, end in zip(paths, [0, *cuts], ends):
        (folder / path).write_bytes(data[begin:end])
    model = {"format": "layers-model", "generatedBy": "keras v2.4.0", "convertedBy": "TensorFlow.js Converter v2.8.0"}
    model |= {"modelTopology": topology(), "weightsManifest": [{"paths": paths, "weights": entries}]}
    (folder / "model.json").write_text(json.dumps(model))


def in_torch(weights):
    """As PyTorch has them: written out for these names, apart from the reader's rules."""
    maps = weights["out/kernel"].reshape(4, 3, 6, 4)
    return {
        "c1.weight": weights["c1/kernel"].transpose(3, 2, 0, 1),
        "c1.bias": weights["c1/bias"],
        "block.bn.weight": numpy.ones(3),
        "block.bn.bias": weights["block/bn/beta"],
        "block.bn.running_mean": weights["block/bn/moving_mean"],
        "block.bn.running_var": weights["block/bn/moving_variance"],
        "dw.weight": weights["dw/depthwise_kernel"].transpose(2, 3, 0, 1).reshape(6, 1, 3, 3),
        "dw.bias": weights["dw/bias"],
        "out.weight": maps.transpose(3, 2, 0, 1).reshape(4, 72),
        "out.bias": weights["out/bias"],
    }


if __name__ == "__main__":
    weights = make_weights()
    data = b"".join(value.tobytes() for value in weights.values())
    write_model("small", [{"name": name, "shape": list(value.shape), "dtype": "float32"} for name, value in weights.items()], data, [101, 700])
    rows = list(quantised(weights))
    write_model("quantised", [entry for _, entry, _ in rows], b"".join(stored.tobytes() for stored, _, _ in rows), [])
    meanings = {entry["name"]: meaning for _, entry, meaning in rows}
    x = numpy.round(RANDOM.normal(size=(2, 6, 5, 2)), 3)
    flat = lambda values: [float(value) for value in numpy.asarray(values).reshape(-1)]
    expected = {
        "input": flat(x.transpose(0, 3, 1, 2)),
        "output": flat(forward(weights, x)),
        "small": {name: flat(value) for name, value in in_torch(weights).items()},
        "quantised": {name: flat(value) for name, value in in_torch(meanings).items()},
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")
