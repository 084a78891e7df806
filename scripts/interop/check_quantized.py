"""Quantizes models with Ingot for one runtime, and asks that runtime's own programs what they make of it.

`--with llama`: GGUF against llama.cpp's quantizer, tensor by tensor, perplexity and greedy tokens. `--with mlx`: folders
against mlx-lm's conversion, tensor by tensor, logits and greedy tokens. `--with transformers`: bitsandbytes,
compressed-tensors, FP8, GPTQ and AWQ folders, the weights that the loader makes of them, logits and generation. Of some
schemes the better encoder is held against the reference.
Only models with a tokenizer, of families that the runtime runs, are checked. Prints a line a check and `N passed,
N failed`; exits 1 when one failed.
"""

import argparse
import importlib
import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # everything is in the folders; nothing may be fetched

from harness import Ingot, Tally
from stored import config_of


def folder_of(ingot, path, name, work):
    """A model's folder of safetensors, and what went wrong: a GGUF file is made one."""
    if path.suffix != ".gguf":
        return path, ingot.run("register", path, "--as", name)
    folder = work / "source"
    said = (
        ingot.run("register", path, "--as", f"{name}-gguf")
        or ingot.run("export", f"{name}-gguf", folder, "--format", "safetensors", "--dequantize", "bf16")
        or ingot.run("register", folder, "--as", name)
    )
    return folder, said


def is_run(folder, runtime):
    """Whether the runtime runs the model of a folder; one without a tokenizer was never trained."""
    return (folder / "tokenizer.json").exists() and config_of(folder)["model_type"] in runtime.FAMILIES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ingot", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--with", dest="runtime", choices=["llama", "mlx", "transformers"], required=True)
    parser.add_argument("--text", type=Path, required=True, help="a text to measure losses on")
    parser.add_argument("model", nargs="+", help="a model folder or a GGUF file, or PATH=NAME")
    arguments = parser.parse_args()
    runtime = importlib.import_module(f"quantized_{arguments.runtime}")
    tally = Tally()
    work = arguments.work / f"quantized-{arguments.runtime}"
    text = arguments.text.read_text()
    for argument in arguments.model:
        path, _, name = argument.partition("=")
        path = Path(path)
        name = name or path.stem.lower()
        if path.is_dir() and not is_run(path, runtime):
            continue
        (work / name).mkdir(parents=True)
        ingot = Ingot(arguments.ingot.resolve(), work / name / "home")
        folder, said = folder_of(ingot, path, name, work / name)
        if said:
            tally.note(name, "register", [said])
        else:
            runtime.check(ingot, tally, name, folder, work / name, text)
        shutil.rmtree(work / name)  # all variants of all models would fill a disk
    print(f"\n{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed or not tally.passed else 0)


if __name__ == "__main__":
    main()
