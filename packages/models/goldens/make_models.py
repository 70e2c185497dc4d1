"""Writes what PyTorch computes for every model, with weights that both sides generate from a hash.

Run with Debian 12's python3 (torch 1.13, torchvision 0.14):

  make_models.py                   <family>.json and layouts.json beside this file: about 20 gradients of each model
  make_models.py --full FOLDER     the same with the gradient of every parameter, for `pnpm parity:models`
  make_models.py --search 60 NAME  of 60 inputs, the stream of the one that keeps furthest from flipping a branch

Names of models restrict a run; their families' files then keep the other models. torchvision's models are its own, the others
are written from their papers in oracle/. oracle/measure.py says what is in a file.
"""

import argparse
import json
import pathlib
import sys
import time

import torch
import torchvision

from oracle.entries import ENTRIES
from oracle.measure import build, goldens, layout
from oracle.search import search

HERE = pathlib.Path(__file__).parent
# Of the committed goldens.
GRADIENTS = 20


def stride(count):
    """A prime that leaves about GRADIENTS of them, so that the repeating layers of a block are all met."""
    if count <= GRADIENTS * 3 // 2:
        return 1
    wanted = -(-count // GRADIENTS)
    return next(n for n in range(max(wanted, 5), 2 * wanted + 5) if all(n % i for i in range(2, n)))


def write(path, document, names):
    """One model a line, so that changes can be read. Models that weren't asked for stay."""
    if names and path.exists():
        document = {**json.loads(path.read_text()), **document}
    rows = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in document.items()]
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--full", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--search", type=int, metavar="TRIES")
    options = parser.parse_args()
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}", file=sys.stderr)
    wanted = {name: ENTRIES[name] for name in options.names or ENTRIES}
    if options.search:
        for name, entry in wanted.items():
            print(name, *search(entry, build, options.search), flush=True)
        return
    every = (lambda count: 1) if options.full else stride
    families = {}
    for name, entry in wanted.items():
        start = time.time()
        families.setdefault(entry.family, {})[name] = goldens(entry, every)
        print(f"{name}: {time.time() - start:.1f} s", file=sys.stderr, flush=True)
    folder = options.full or HERE
    folder.mkdir(parents=True, exist_ok=True)
    for family, document in families.items():
        write(folder / f"{family}.json", document, options.names)
    write(folder / "layouts.json", {name: layout(entry) for name, entry in wanted.items()}, options.names)


if __name__ == "__main__":
    main()
