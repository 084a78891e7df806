#!/usr/bin/env python3
"""Checks what `ingot merge` makes against mergekit and PEFT, on small random models made for it from a seed.

Every method of mergekit that Ingot has: linear, slerp, task_arithmetic, ties, dare_ties and dare_linear (their random
choices by Ingot's documented generator), passthrough stacks, slices with gradients and filters; written as float32,
where sums differ in the last digits at most, and as bfloat16, where they differ by one rounding. Adapters: LoRA, rsLoRA
with patterns of ranks and alphas, DoRA, GPT-2's fan_in_fan_out, modules_to_save, embeddings, biases, against PEFT's
merge_and_unload. Prints a line a check and `N passed, N failed`; exits 1 when one failed.
"""

import argparse
import os
import sys
import tempfile
import types
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # everything is made here; nothing may be fetched
warnings.filterwarnings("ignore")

import numpy
import peft
import torch
import transformers
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.merge_methods import generalized_task_arithmetic as task_arithmetic
from mergekit.merge_methods import registry
from mergekit.options import MergeOptions
from safetensors.torch import load_file

from harness import Ingot, Tally

LAYERS = 4


def llama(seed, near=None):
    """A random Llama; with `near`, that model a little tuned."""
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=320, hidden_size=64, intermediate_size=96, num_hidden_layers=LAYERS, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=False, torch_dtype="float32",
    )
    model = transformers.LlamaForCausalLM(config)
    if near is not None:
        model.load_state_dict(near.state_dict())
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += torch.randn_like(parameter) * 0.01
    return model


def gpt2(seed):
    torch.manual_seed(seed)
    config = transformers.GPT2Config(vocab_size=320, n_embd=64, n_layer=2, n_head=4, n_positions=64)
    return transformers.GPT2LMHeadModel(config)


def tensors_of(folder):
    found = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        found.update(load_file(path))
    return found


def compare(ours, theirs, unit):
    """Where numbers differ by more than `unit` of their size, or of the tensor's mean size where they are smaller."""
    problems = []
    if set(ours) != set(theirs):
        odd = sorted(set(ours) ^ set(theirs))
        return [f"tensors {odd[:4]} are only in one"], ""
    greatest = 0.0
    for name, expected in theirs.items():
        expected, found = expected.double(), ours[name].double()
        if expected.shape != found.shape:
            problems.append(f"{name}: {list(found.shape)}, expected {list(expected.shape)}")
            continue
        scale = torch.maximum(expected.abs(), torch.full_like(expected, float(expected.abs().mean())))
        scale = torch.where(scale == 0, 1, scale)
        off = float(((found - expected).abs() / scale).max()) if expected.numel() else 0.0
        greatest = max(greatest, off)
        if not off <= unit:
            problems.append(f"{name}: off by {off:.2g} of its size")
    return problems, f"greatest difference {greatest:.2g}"


# MARK: Merges of models

FLOAT32 = 4e-6  # a few roundings of sums that partly cancel
BFLOAT16 = 2.0**-7  # one step

RECIPES = {
    "linear": """
        merge_method: linear
        models:
          - {model: A, parameters: {weight: 0.7}}
          - {model: B, parameters: {weight: [0.1, 0.5, 0.9]}}
        """,
    "linear, not normalized": """
        merge_method: linear
        parameters: {normalize: false}
        models:
          - {model: A, parameters: {weight: 0.25}}
          - {model: B, parameters: {weight: 0.5}}
          - {model: base, parameters: {weight: 0.125}}
        """,
    "slerp with slices and filters": """
        merge_method: slerp
        base_model: A
        slices:
          - sources:
              - {model: A, layer_range: [0, 4]}
              - {model: B, layer_range: [0, 4]}
        parameters:
          t:
            - {filter: self_attn, value: [0, 0.5, 0.3, 0.7, 1]}
            - {filter: mlp, value: [1, 0.5, 0.7, 0.3, 0]}
            - value: 0.5
        """,
    "task_arithmetic": """
        merge_method: task_arithmetic
        base_model: base
        models:
          - {model: A, parameters: {weight: 0.6}}
          - {model: B, parameters: {weight: 0.3}}
        parameters: {lambda: 0.8}
        """,
    "ties": """
        merge_method: ties
        base_model: base
        models:
          - {model: base}
          - {model: A, parameters: {weight: 1.0, density: 0.3}}
          - {model: B, parameters: {weight: 0.5, density: [0.2, 0.7]}}
        parameters: {normalize: true, int8_mask: true}
        """,
    "ties, rescaled": """
        merge_method: ties
        base_model: base
        models:
          - {model: A, parameters: {weight: 1.0, density: 0.5}}
          - {model: B, parameters: {weight: 0.5, density: 0.5}}
        parameters: {normalize: false, rescale: true, lambda: 1.5}
        """,
    "passthrough": """
        merge_method: passthrough
        slices:
          - sources: [{model: A, layer_range: [0, 3]}]
          - sources: [{model: B, layer_range: [1, 4]}]
        """,
    "passthrough, scaled": """
        merge_method: passthrough
        slices:
          - sources: [{model: A, layer_range: [0, 2]}]
          - sources:
              - model: A
                layer_range: [1, 4]
                parameters: {scale: [{filter: o_proj, value: 0.5}, {filter: down_proj, value: 0.5}, {value: 1.0}]}
        """,
    "linear of slices": """
        merge_method: linear
        slices:
          - sources:
              - {model: A, layer_range: [0, 2], parameters: {weight: 1}}
              - {model: B, layer_range: [2, 4], parameters: {weight: 2}}
          - sources: [{model: B, layer_range: [0, 4], parameters: {weight: 1}}]
        """,
}

DARE = """
    merge_method: {method}
    base_model: base
    seed: {seed}
    dtype: float32
    models:
      - {{model: A, parameters: {{weight: 0.7, density: 0.4}}}}
      - {{model: B, parameters: {{weight: 0.4, density: 0.6}}}}
    parameters: {{rescale: {rescale}}}
    """


class Models:
    """The models of the merges, in folders and in the store under the same names."""

    def __init__(self, ingot, work):
        self.ingot = ingot
        self.work = work
        base = llama(1)
        self.folders = {}
        for name, model in [("base", base), ("A", llama(2, near=base)), ("B", llama(3, near=base))]:
            self.folders[name] = work / name
            model.save_pretrained(self.folders[name])
            said = ingot.run("register", self.folders[name], "--as", name)
            if said:
                raise SystemExit(said)

    def ours(self, recipe, name):
        """What Ingot makes of a recipe: its tensors and its folder, or what it said."""
        path = self.work / f"{name}.yaml"
        path.write_text(yaml.safe_dump(recipe))
        out = self.work / f"{name}-ours"
        said = self.ingot.run("merge", path, "--as", f"merged:{name}") or self.ingot.run(
            "export", f"merged:{name}", out
        )
        return (None, said) if said else (tensors_of(out), None)

    def theirs(self, recipe, name):
        """What mergekit makes of it."""
        text = yaml.safe_dump(self.placed(recipe))
        out = self.work / f"{name}-theirs"
        config = MergeConfiguration.model_validate(yaml.safe_load(text))
        run_merge(config, str(out), MergeOptions(copy_tokenizer=False, quiet=True, write_model_card=False))
        return tensors_of(out), transformers.AutoConfig.from_pretrained(out)

    def placed(self, node):
        """A recipe with the models' folders in the place of their names."""
        if isinstance(node, dict):
            return {
                key: str(self.folders[value]) if key in ("model", "base_model") else self.placed(value)
                for key, value in node.items()
            }
        return [self.placed(item) for item in node] if isinstance(node, list) else node


def check_methods(models, tally):
    for number, (title, text) in enumerate(RECIPES.items()):
        for dtype, unit in [("float32", FLOAT32), ("bfloat16", BFLOAT16)]:
            recipe = dict(yaml.safe_load(text), dtype="float32", out_dtype=dtype)
            name = f"m{number}-{dtype}"
            ours, said = models.ours(recipe, name)
            if said:
                tally.note(title, dtype, [said])
                continue
            theirs, config = models.theirs(recipe, name)
            problems, detail = compare(ours, theirs, unit)
            layers = transformers.AutoConfig.from_pretrained(models.work / f"{name}-ours").num_hidden_layers
            if layers != config.num_hidden_layers:
                problems.append(f"config.json has {layers} layers, mergekit's {config.num_hidden_layers}")
            tally.note(title, f"as mergekit merges, {dtype}", problems, detail)


STEP = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


def mixed(state):
    """SplitMix64's finalizer, of one number or of an array."""
    state = (state ^ (state >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return state ^ (state >> numpy.uint64(31))


def kept(seed, tensor, model, density, shape):
    """Which numbers Ingot keeps: its documented generator, written again."""
    with numpy.errstate(over="ignore"):
        name = 0xCBF29CE484222325
        for byte in tensor.encode():
            name = ((name ^ byte) * 0x100000001B3) & MASK
        # Swift's ^ and &+ are of one rank: from left to right.
        start = int(mixed(numpy.uint64((seed + STEP) & MASK)))
        key = mixed(numpy.uint64(((start ^ name) + (model + 1) * STEP) & MASK))
        places = numpy.arange(1, int(numpy.prod(shape)) + 1, dtype=numpy.uint64)
        bits = mixed(key + places * numpy.uint64(STEP)) >> numpy.uint64(11)
    return torch.from_numpy((bits.astype(numpy.float64) * 2.0**-53 < density).reshape(shape))


def check_dare(models, tally):
    """mergekit's own code, with Ingot's choices in the place of torch.bernoulli."""
    stored = {name: tensors_of(folder) for name, folder in models.folders.items()}
    for seed, method, rescale in [(0, "dare_linear", True), (7, "dare_linear", False), (11, "dare_ties", True)]:
        recipe = yaml.safe_load(DARE.format(method=method, seed=seed, rescale=str(rescale).lower()))
        ours, said = models.ours(recipe, f"{method}-{seed}".replace("_", "-"))
        if said:
            tally.note(method, f"seed {seed}", [said])
            continue
        theirs, shares = {}, []
        for name, base in stored["base"].items():
            masks = [kept(seed, name, place, density, base.shape) for place, density in [(0, 0.4), (1, 0.6)]]
            shares.append((float(masks[0].double().mean()), base.numel()))
            theirs[name] = merged_by_mergekit(method, base, [stored[m][name] for m in "AB"], masks, rescale)
        problems, detail = compare(ours, theirs, FLOAT32)
        share = sum(part * count for part, count in shares) / sum(count for _, count in shares)
        if abs(share - 0.4) > 0.01:
            problems.append(f"{share:.3f} of the numbers are kept, 0.4 were asked for")
        tally.note(method, f"as mergekit with seed {seed}, rescale {rescale}", problems, detail)


def merged_by_mergekit(method, base, others, masks, rescale):
    queue = list(masks)

    def sparsify(delta, density, method, rescale_norm=None, **_):
        mask = queue.pop(0).to(delta.dtype)
        return original_masked(delta, mask, rescale_norm)

    from mergekit.sparsify import rescaled_masked_tensor as original_masked

    original = task_arithmetic.sparsify
    task_arithmetic.sparsify = sparsify
    try:
        entries = [types.SimpleNamespace(id=place, tensor=tensor) for place, tensor in enumerate(others)]
        group = types.SimpleNamespace(base=types.SimpleNamespace(tensor=base), non_base=entries)
        return registry.get(method).merge_group(
            group, weight={0: 0.7, 1: 0.4}, density={0: 0.4, 1: 0.6}, rescale=rescale, normalize=False,
            int8_mask=False, **{"lambda": 1.0},
        )
    finally:
        task_arithmetic.sparsify = original


# MARK: Adapters

LINEAR = ["q_proj", "v_proj", "down_proj"]
ADAPTERS = {
    "lora": (llama, dict(r=8, lora_alpha=16, target_modules=LINEAR)),
    "rslora with patterns": (
        llama,
        dict(
            r=8, lora_alpha=16, target_modules=LINEAR, use_rslora=True, rank_pattern={"v_proj": 4, "0.mlp.down_proj": 2},
            alpha_pattern={"layers.1.self_attn.q_proj": 32},
        ),
    ),
    "dora": (llama, dict(r=4, lora_alpha=8, target_modules=LINEAR, use_dora=True)),
    "fan_in_fan_out": (gpt2, dict(r=4, lora_alpha=8, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True)),
    "dora, fan_in_fan_out": (
        gpt2, dict(r=4, lora_alpha=8, target_modules=["c_attn", "c_fc"], fan_in_fan_out=True, use_dora=True),
    ),
    "modules_to_save": (
        llama, dict(r=4, lora_alpha=8, target_modules=["q_proj"], modules_to_save=["lm_head", "embed_tokens"]),
    ),
    "embeddings": (llama, dict(r=4, lora_alpha=8, target_modules=["embed_tokens", "k_proj"])),
    "biases": (gpt2, dict(r=4, lora_alpha=8, target_modules=["c_attn"], fan_in_fan_out=True, bias="all")),
    "lora_bias": (
        gpt2, dict(r=4, lora_alpha=8, target_modules=["c_attn"], fan_in_fan_out=True, lora_bias=True),
    ),
}


def check_adapters(ingot, work, tally):
    for number, (title, (make, options)) in enumerate(ADAPTERS.items()):
        name = f"base{number}"
        model = make(20 + number)
        model.save_pretrained(work / name)
        adapted = peft.get_peft_model(model, peft.LoraConfig(init_lora_weights=False, **options))
        torch.manual_seed(number)
        with torch.no_grad():
            for key, parameter in adapted.named_parameters():
                if parameter.requires_grad and "lora_" not in key or "magnitude" in key:
                    parameter += torch.randn_like(parameter) * 0.02
        adapted.save_pretrained(work / f"{name}-adapter")
        merged = adapted.merge_and_unload().eval()
        merged.save_pretrained(work / f"{name}-theirs")
        said = (
            ingot.run("register", work / name, "--as", name)
            or ingot.run("merge", name, "--adapter", work / f"{name}-adapter", "--step-of", "q4_0")
            or ingot.run("export", f"{name}:merged", work / f"{name}-ours")
            or ingot.run("verify", "--rederive", f"{name}:merged")
        )
        if said:
            tally.note(title, "merged", [said])
            continue
        problems, detail = compare(tensors_of(work / f"{name}-ours"), tensors_of(work / f"{name}-theirs"), FLOAT32)
        tally.note(title, "as PEFT's merge_and_unload", problems, detail)
        loaded = transformers.AutoModelForCausalLM.from_pretrained(work / f"{name}-ours")
        tokens = torch.arange(24).reshape(2, 12)
        with torch.no_grad():
            off = float((loaded(tokens).logits - merged(tokens).logits).abs().max())
        tally.note(title, "logits in transformers", [f"off by {off:.2g}"] if off > 1e-4 else [], f"off by {off:.2g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ingot", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="a folder for the models (default: one that is removed)")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        ingot = Ingot(arguments.ingot, work / "home")
        models = Models(ingot, work)
        check_methods(models, tally)
        check_dare(models, tally)
        check_adapters(ingot, work, tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
