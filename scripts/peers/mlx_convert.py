"""Quantizes a folder with mlx_lm on the CPU: mlx_convert.py IN OUT BITS GROUP. Without arguments: only loads.

It does what mlx_lm.convert does with the weights; the models of the benchmarks have no tokenizer, which that asks for.
"""

import pathlib
import sys

import mlx.core as mx
from mlx_lm.utils import load_model, quantize_model, save_config, save_model


def main(arguments):
    mx.set_default_device(mx.cpu)
    if not arguments:
        return
    source, target, bits, group = arguments
    model, config = load_model(pathlib.Path(source), lazy=True)
    model, config = quantize_model(model, config, group_size=int(group), bits=int(bits))
    folder = pathlib.Path(target)
    folder.mkdir()
    save_model(folder, model, donate_model=True)
    save_config(config, folder / "config.json")


main(sys.argv[1:])
