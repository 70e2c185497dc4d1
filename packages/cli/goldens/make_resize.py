"""Writes resize.json: what Pillow makes of small images of noise, by size and filter.

Run with Debian 12's python3 (Pillow 9.4): /usr/bin/python3 packages/cli/goldens/make_resize.py
"""

import base64
import json
import pathlib

import numpy
from PIL import Image

FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
# Channels, from width × height, to width × height: smaller, larger, both at once, one side alone, by whole factors.
SIZES = [(3, 23, 17, 9, 7), (3, 9, 7, 16, 13), (1, 31, 5, 11, 12), (1, 12, 9, 12, 4), (1, 16, 16, 4, 4), (1, 5, 4, 1, 1)]

if __name__ == "__main__":
    random = numpy.random.default_rng(5)
    encoded = lambda pixels: base64.b64encode(pixels.tobytes()).decode()
    rows = []
    for channels, width, height, to_width, to_height in SIZES:
        # Black and white too, so that sharp edges overshoot.
        pixels = random.integers(-80, 336, (height, width, channels)).clip(0, 255).astype("uint8")
        image = Image.fromarray(pixels if channels == 3 else pixels[..., 0])
        row = {"channels": channels, "from": [width, height], "to": [to_width, to_height], "pixels": encoded(pixels)}
        rows.append(row | {name: encoded(numpy.asarray(image.resize((to_width, to_height), f))) for name, f in FILTERS.items()})
    text = ",\n".join(json.dumps(row) for row in rows)
    pathlib.Path(__file__).with_name("resize.json").write_text(f"[\n{text}\n]\n")
