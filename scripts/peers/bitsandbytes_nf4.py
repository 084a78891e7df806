"""Quantizes every linear layer of a folder with bitsandbytes: bitsandbytes_nf4.py IN OUT THREADS. Without arguments: only
loads.

It makes NF4 with double quantization in blocks of 64, tensor by tensor, and saves what transformers saves: a lighter
path than loading the model through transformers.
"""

import glob
import os
import sys

import bitsandbytes.functional as bnb
import torch
from safetensors import safe_open
from safetensors.torch import save_file


def main(arguments):
    if not arguments:
        return
    source, target, threads = arguments
    torch.set_num_threads(int(threads))
    os.mkdir(target)
    for path in sorted(glob.glob(os.path.join(source, "*.safetensors"))):
        tensors = {}
        with safe_open(path, framework="pt") as file:
            for name in file.keys():
                tensor = file.get_tensor(name)
                if not name.endswith("_proj.weight"):
                    tensors[name] = tensor
                    continue
                codes, state = bnb.quantize_4bit(
                    tensor, blocksize=64, compress_statistics=True, quant_type="nf4")
                tensors[name] = codes
                tensors.update({f"{name}.{part}": value for part, value in state.as_dict(packed=True).items()})
        save_file(tensors, os.path.join(target, os.path.basename(path)), metadata={"format": "pt"})


main(sys.argv[1:])
