"""Writes a folder of golden rows from PyTorch 1.13 and torchvision 0.14, several hundred of them:

    /usr/bin/python3 packages/parity/goldens/make_goldens.py OUT
    vertebra parity --goldens OUT

The format is the one of README.md beside this file. Inputs and the gradients fed back are seeded by the row's name, so a folder
comes out the same each time. It isn't committed: `sample/` is, and has a few rows of each kind.
"""

import sys
import warnings
import zlib

import torch

sys.dont_write_bytecode = True
import rows_layers
import rows_math
import rows_random
import rows_training
from golden_file import GoldenFolder
from torch_calls import CALLS


def tensor_of(seed, value):
    """A tensor as it is, numbers in a list, or normal random numbers of the shape in a tuple."""
    if isinstance(value, tuple):
        return torch.randn(value, generator=torch.Generator().manual_seed(zlib.crc32(seed.encode())))
    return value if isinstance(value, torch.Tensor) else torch.tensor(value, dtype=torch.float32)


def main(path):
    folder = GoldenFolder(path)

    def add(case, op, inputs, compare="reference", note="", fixed=(), fed_back=None, **attrs):
        tensors = {name: tensor_of(f"{case} {name}", value) for name, value in inputs.items()}
        folder.row(case, op, CALLS[op], tensors, attrs, compare, note, fixed, fed_back)

    for rows in [*rows_math.ALL, *rows_layers.ALL, *rows_training.ALL, *rows_random.ALL]:
        rows(add)
    rows_training.schedule_rows(folder)
    folder.close()
    print(f"{len(folder.rows)} rows in {path}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(sys.argv[1])
