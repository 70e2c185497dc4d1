"""Writes normals.json: bits of the first normals of some Philox streams, made in Python instead of JavaScript.

Philox follows Random123, the quantile follows CPython's statistics.NormalDist (AS 241) with the logarithm's series of
normal-distribution.ts; each value is checked against NormalDist().inv_cdf itself, which uses the C library's logarithm.
Run: python3 packages/core/goldens/make_normals.py
"""

import json
import math
import pathlib
import platform
import struct
from statistics import NormalDist

STREAMS = [(0, 0), (1, 0), (2**64 - 1, 2**32 - 1), (20241122, 7)]
COUNT = 64
MASK = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def word(seed, stream, i):
    return philox([(i // 4) & MASK, (i // 4) >> 32, stream, 0], [seed & MASK, seed >> 32])[i % 4]


def series_log(x):
    mantissa, exponent = math.frexp(x)
    if mantissa < 0.7071067811865476:
        mantissa, exponent = mantissa * 2, exponent - 1
    s = (mantissa - 1) / (mantissa + 1)
    total = 0.0
    for n in range(23, 0, -2):
        total = total * s * s + 1 / n
    return exponent * 0.6931471805599453 + 2 * s * total


def quantile(p):
    namespace = {"fabs": abs, "sqrt": math.sqrt, "log": series_log}
    exec(AS241, namespace)
    return namespace["_normal_dist_inv_cdf"](p, 0.0, 1.0)


def as241_source():
    """The text of CPython's pure-Python _normal_dist_inv_cdf, to be run with our logarithm."""
    import statistics

    text = pathlib.Path(statistics.__file__).read_text()
    start = text.index("def _normal_dist_inv_cdf")
    return text[start : text.index("return mu + (x * sigma)\n\n", start)] + "return mu + (x * sigma)\n"


AS241 = as241_source()


def normal_bits(seed, stream, i):
    p = (word(seed, stream, i) + 0.5) * 2.0**-32
    y = quantile(p)
    assert abs(y - NormalDist().inv_cdf(p)) <= 2e-15 * abs(y), (p, y)
    return struct.pack(">d", y).hex()


def main():
    rows = [{"seed": str(s), "stream": t, "normals": [normal_bits(s, t, i) for i in range(COUNT)]} for s, t in STREAMS]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    path = pathlib.Path(__file__).with_name("normals.json")
    path.write_text(f'{{"python":"{platform.python_version()}","rows":[\n{lines}\n]}}\n')
    print(f"{len(rows)} streams with Python {platform.python_version()}: {path}")


if __name__ == "__main__":
    main()
