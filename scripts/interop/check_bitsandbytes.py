"""Compares Ingot's exports with safetensors, transformers and bitsandbytes, on the CPU.

For each model folder: the plain export is the registered files, and each 4-bit variant is tensor for tensor what
transformers saves when bitsandbytes quantizes the same weights, loads as it is, and computes the same.
Prints a line a check and `N passed, N failed`; exits 1 when one failed.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # everything is in the folders; nothing may be fetched

import torch
import transformers
from bitsandbytes.functional import QuantState, dequantize_4bit
from bitsandbytes.nn import Params4bit
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForCausalLM, BitsAndBytesConfig
from transformers.pytorch_utils import Conv1D

from harness import Ingot, Tally
from stored import config_of, differences, file_digests, tensors_of_folder

SCHEMES = ("nf4", "nf4-dq", "fp4", "fp4-dq")
TORCH_NAMES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
# Fused experts are no Linear layers, so a converter may refuse such a model, if it says why.
MAY_REFUSE = {"mixtral"}
# Files without which a model does not work; others may be left out of an artifact.
NEEDED = ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "tokenizer*", "vocab*")


class Model:
    """A source folder and how transformers loads it."""

    def __init__(self, argument):
        folder, _, name = argument.partition("=")
        self.folder = Path(folder)
        self.name = name or self.folder.name.lower()
        self.tensors = tensors_of_folder(self.folder)
        self.config = config_of(self.folder)
        architecture = (self.config.get("architectures") or [""])[0]
        self.is_causal = architecture.endswith(("ForCausalLM", "LMHeadModel"))
        matrices = [each for each in self.tensors.values() if each.dtype in TORCH_NAMES and len(each.shape) == 2]
        self.dtype = max(matrices, key=lambda each: len(each.data)).dtype
        self.torch_dtype = getattr(torch, TORCH_NAMES[self.dtype])

    def load(self, folder, **options):
        """The model of a folder as a user loads it, and transformers' report of names that did not fit."""
        loader = AutoModelForCausalLM if self.is_causal else AutoModel
        model, report = loader.from_pretrained(folder, output_loading_info=True, **options)
        return model.eval(), [f"{kind}: {sorted(map(str, names))}" for kind, names in report.items() if names]

    def quantized_by_library(self, scheme, folder):
        """The model quantized by bitsandbytes as it is loaded, and also saved to a folder."""
        options = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=scheme.removesuffix("-dq"),
            bnb_4bit_use_double_quant=scheme.endswith("-dq"),
            bnb_4bit_compute_dtype=self.torch_dtype,
        )
        model, _ = self.load(self.folder, quantization_config=options)
        model.save_pretrained(folder)  # before the first forward pass, which packs weights in another way
        return model

    def prompt(self):
        """Some token ids, the same each time: 1 x 24."""
        return torch.tensor([[(37 * index + 11) % self.config["vocab_size"] for index in range(24)]])

    def outputs(self, model):
        """Logits of the prompt, or the hidden states of a model without a head."""
        with torch.no_grad():
            result = model(self.prompt())
        return result.logits if self.is_causal else result.last_hidden_state

    def greedy_ids(self, model):
        """32 greedy tokens after the prompt."""
        prompt = self.prompt()
        options = {"max_new_tokens": 32, "do_sample": False, "attention_mask": torch.ones_like(prompt)}
        return model.generate(prompt, pad_token_id=0, eos_token_id=None, **options)[0].tolist()


def check_plain(tally, ingot, model, work):
    """Registers the folder; its export must be the same files, and load. Returns whether it is registered."""
    failure = ingot.run("register", model.folder, "--as", model.name)
    tally.note(model.name, "register", [failure] if failure else [])
    if failure:
        return False
    out = work / "plain" / model.name
    failure = ingot.run("export", model.name, out)
    if failure:
        tally.note(model.name, "export", [failure])
        return True
    before, after = file_digests(model.folder), file_digests(out)
    problems = [f"{path} was never registered" for path in after.keys() - before.keys()]
    problems += [f"{path} has other bytes" for path in after if before.get(path, after[path]) != after[path]]
    left_out = sorted(before.keys() - after.keys())
    problems += [f"{path} is missing" for path in left_out if any(Path(path).match(needed) for needed in NEEDED)]
    detail = f"{len(after)} files" + (f"; left out: {', '.join(left_out)}" if left_out else "")
    tally.note(model.name, "export: same SHA-256", problems, detail)
    problems = [
        f"{path.name}: safetensors reads something else"
        for path in sorted(out.glob("*.safetensors"))
        if not equal_tensors(load_file(path), load_file(model.folder / path.name))
    ]
    tally.note(model.name, "export: safetensors loads it", problems)
    return True


def equal_tensors(some, others):
    """Whether two dictionaries of torch tensors are equal, dtypes too."""
    return some.keys() == others.keys() and all(
        some[name].dtype == others[name].dtype and torch.equal(some[name], others[name]) for name in some
    )


def check_variant(tally, ingot, model, scheme, work):
    """Converts to one scheme; the export must be what bitsandbytes makes, and compute the same."""
    subject = f"{model.name}:{scheme}"
    failure = ingot.run("convert", model.name, "--to", scheme)
    if failure and model.config.get("model_type") in MAY_REFUSE and "no message" not in failure:
        tally.note(subject, "convert: refused", [], failure)
        return
    out = work / "variant" / f"{model.name}-{scheme}"
    failure = failure or ingot.run("export", subject, out)
    tally.note(subject, "convert and export", [failure] if failure else [])
    if failure:
        return
    reference = work / "reference" / f"{model.name}-{scheme}"
    library = model.quantized_by_library(scheme, reference)
    check_tensors(tally, model, subject, out, reference)
    check_config(tally, model, subject, out, reference)
    check_outputs(tally, model, subject, out, library)
    check_dequantized(tally, ingot, model, subject, library, reference, work)


def check_tensors(tally, model, subject, out, reference):
    """Name, dtype, shape and bytes of every stored tensor."""
    found, wanted = tensors_of_folder(out), tensors_of_folder(reference)
    # transformers drops buffers that it computes (BERT's position_ids); kept unchanged they are welcome.
    kept = {name for name in found.keys() - wanted.keys() if found[name] == model.tensors.get(name)}
    detail = f"{len(wanted)} tensors" + (f"; besides, as in the source: {', '.join(sorted(kept))}" if kept else "")
    tally.note(subject, "tensors: name, dtype, shape, bytes", differences(found, wanted, kept), detail)


def check_config(tally, model, subject, out, reference):
    """config.json: the source's, with bitsandbytes' quantization_config and an explicit skip list."""
    found, wanted = config_of(out), config_of(reference)["quantization_config"]
    settings = dict(found.pop("quantization_config", None) or {})
    skipped = settings.pop("llm_int8_skip_modules", None)
    wanted.pop("llm_int8_skip_modules", None)
    problems = [] if isinstance(skipped, list) else [f"llm_int8_skip_modules is {skipped}, not a list"]
    for key in sorted(settings.keys() | wanted.keys()):
        if settings.get(key, "absent") != wanted.get(key, "absent"):
            problems.append(f"{key} is {settings.get(key, 'absent')}, not {wanted.get(key, 'absent')}")
    changed = [key for key in found.keys() | model.config.keys() if found.get(key) != model.config.get(key)]
    problems += [f"{key} differs from the source's" for key in sorted(changed)]
    tally.note(subject, "config.json", problems, f"{len(skipped or [])} modules named as dense")


def check_outputs(tally, model, subject, out, library):
    """The export, loaded as it is, against the library's own quantization: exactly equal."""
    try:
        loaded, misfits = model.load(out)
        count, wanted_count = four_bit_count(loaded), four_bit_count(library)
        if count != wanted_count:
            misfits.append(f"{count} layers in 4 bits, not {wanted_count}")
        tally.note(subject, "transformers loads it", misfits, f"{count} layers in 4 bits")
        found, wanted = model.outputs(loaded), model.outputs(library)
        worst = (found.float() - wanted.float()).abs().max().item()
        kind = "logits" if model.is_causal else "hidden states"
        problems = [] if torch.equal(found, wanted) else [f"largest difference {worst:.3g}"]
        tally.note(subject, f"{kind}: equal", problems)
        if model.is_causal:
            same = model.greedy_ids(loaded) == model.greedy_ids(library)
            tally.note(subject, "32 greedy tokens: equal", [] if same else ["they differ"])
    except Exception as error:  # whatever the libraries throw at a folder that they cannot use
        tally.note(subject, "transformers runs it", [f"{type(error).__name__}: {error}"])


def four_bit_count(model):
    """How many parameters of a loaded model are in 4 bits."""
    return sum(isinstance(parameter, Params4bit) for parameter in model.parameters())


def check_dequantized(tally, ingot, model, subject, library, reference, work):
    """The dequantized export against bitsandbytes' own dequantization of its own quantization."""
    out = work / "dense" / reference.name
    failure = ingot.run("export", subject, out, "--dequantize", model.dtype.lower())
    if failure:
        tally.note(subject, "export --dequantize", [failure])
        return
    found, wanted = loaded_tensors(out), loaded_tensors(model.folder)
    dense = dequantized_by_library(reference)
    # Conv1D weights are stored input-major; their 4-bit form is output-major.
    layers = {name: library.get_submodule(name.removesuffix(".weight")) for name in dense}
    transposed = {name for name, layer in layers.items() if getattr(layer, "source_cls", None) is Conv1D}
    wanted.update({name: tensor.T if name in transposed else tensor for name, tensor in dense.items()})
    problems = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    problems += [f"{name} is too much" for name in sorted(found.keys() - wanted.keys())]
    # The sign of FP4's second zero depends on the machine in bitsandbytes; in NF4 every bit counts.
    compare = equal_bits if ":nf4" in subject else torch.equal
    for name in sorted(found.keys() & wanted.keys()):
        if found[name].dtype != wanted[name].dtype or not compare(found[name], wanted[name]):
            problems.append(f"{name} differs")
    if "quantization_config" in config_of(out):
        problems.append("config.json still holds a quantization_config")
    tally.note(subject, "dequantized: equal", problems, f"{len(dense)} matrices in {model.dtype}")


def loaded_tensors(folder):
    """Every tensor of a folder, as the safetensors library reads it."""
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors.update(load_file(path))
    return tensors


def equal_bits(some, other):
    """Whether two tensors are equal bit for bit."""
    same_kind = some.dtype == other.dtype and some.shape == other.shape
    return same_kind and torch.equal(some.contiguous().view(torch.uint8), other.contiguous().view(torch.uint8))


def dequantized_by_library(folder):
    """Every 4-bit matrix of a folder, dequantized by bitsandbytes to the dtype its state names."""
    stored = loaded_tensors(folder)
    names = [name.removesuffix(".absmax") for name in stored if name.endswith(".weight.absmax")]
    dense = {}
    for name in names:
        parts = {key.removeprefix(f"{name}."): value for key, value in stored.items() if key.startswith(f"{name}.")}
        dense[name] = dequantize_4bit(stored[name], QuantState.from_dict(parts, device=torch.device("cpu")))
    return dense


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ingot", type=Path, required=True, help="the ingot binary")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder for the home, exports and references")
    parser.add_argument("models", nargs="+", metavar="FOLDER[=NAME]", help="model folders to check")
    arguments = parser.parse_args()
    # The mean of many scales depends on the number of threads in torch; Ingot's is that of one thread.
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    tally = Tally()
    ingot = Ingot(arguments.ingot.resolve(), arguments.work / "home")
    for argument in arguments.models:
        model = Model(argument)
        if check_plain(tally, ingot, model, arguments.work):
            for scheme in SCHEMES:
                check_variant(tally, ingot, model, scheme, arguments.work)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
