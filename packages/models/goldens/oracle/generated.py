"""Inputs, targets and weights out of a hash. src/testing/generated-weights.ts makes the same ones, bit by bit."""

import math

import numpy as np

TARGET_STREAM = 1_000_001


def mix(x):
    """MurmurHash3's 32-bit finalizer."""
    x = x.astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def words(stream, count):
    start = mix(np.array([stream * 0x9E3779B9 % 2**32 ^ 0x7F4A7C15], dtype=np.uint32))
    return mix(np.arange(count, dtype=np.uint32) ^ start)


def signed(stream, shape):
    """Multiples of 2^-23 in [-1, 1)."""
    count = int(np.prod(shape, dtype=np.int64))
    return ((words(stream, count) >> np.uint32(8)).astype(np.float64) * 2.0**-23 - 1).reshape(shape)


def images(stream, shape):
    return signed(stream, shape).astype(np.float32) * np.float32(1.5)


def targets(batch, classes):
    return (words(TARGET_STREAM, batch) % np.uint32(classes)).astype(np.int64)


def weights(names):
    """Values of the state dict's entries in their order, (name, shape) each, exact in float32."""
    norms = {name[: -len(".running_mean")] for name, _ in names if name.endswith(".running_mean")}
    return [np.asarray(values(name, signed(stream, shape), norms), np.float32) for stream, (name, shape) in enumerate(names)]


def values(name, u, norms):
    layer, _, kind = name.rpartition(".")
    if kind == "num_batches_tracked":
        return 0 * u
    if kind == "running_var":
        return 1 + 0.5 * u
    if kind == "running_mean":
        return 0.25 * u
    # The last norm of a block: small steps beside the shortcut, or gradients and rounding errors double in every block.
    last = layer.endswith(("bn3", "block.2.1", "block.3.1")) or layer.endswith("bn2") and f"{layer[:-1]}3" not in norms
    if kind == "bias":
        if layer not in norms:
            return 0.125 * u
        # Far from zero: deep nets with batch norm are chaotic where ReLU zeroes half of the values.
        return 0.25 + 0.5 * u if last else 2 + 0.25 * u
    if u.ndim == 1:
        return 0.25 + 0.125 * u if last and layer in norms else 1 + 0.25 * u
    return math.sqrt(6 / np.prod(u.shape[1:])) * u
