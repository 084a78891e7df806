#!/usr/bin/env python3
"""Checks what `ingot prune` makes, with transformers, on a small random model of each family and on each group.

    check_prune.py --ingot BINARY [--work FOLDER] [MODEL_FOLDER…]

For each family, in float64:
- the model with zeros where the pruned one lost something computes what the pruned one computes (hooks make the zeros,
  by transformers' own modules, so that no rule of Ingot's is used);
- where the weights of some indices are zero, just those go, and the logits stay as they were;
- parameter counts equal those of the architecture with the new configuration, and a closed form;
- transformers finds no tensor missing, left over or of another shape.
The folders given (the tiny-* models of fixtures/models) are pruned too, and computed with transformers, llama.cpp
(exported as GGUF) and read again by Ingot.

Norms that subtract the mean (LayerNorm) cannot know that channels are missing: for gpt2 and bert, hooks take the mean of
the channels that stay out of what is written to the residual stream, in both models.
"""

import argparse
import json
import pathlib
import shutil
import tempfile

import numpy
import torch
import transformers
from harness import Ingot, Tally
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

TOLERANCE = 1e-6
# Where hidden channels go, the weights of norms are scaled and so rounded to float32 once more, by 6e-8 of each: what the
# norms of four layers, and a router behind one, make of that in the logits.
SCALED = 2e-6
VOCABULARY = 96
COMMON = {
    "vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
    "num_attention_heads": 4, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def configs():
    """A small configuration of each family, by a name."""
    from transformers import (
        BertConfig, Gemma2Config, Gemma3TextConfig, GemmaConfig, GPT2Config, LlamaConfig, MistralConfig, MixtralConfig,
        Phi3Config, Qwen2Config, Qwen2MoeConfig, Qwen3Config, Qwen3MoeConfig,
    )  # fmt: skip

    grouped = COMMON | {"num_key_value_heads": 2}
    # Norms of queries and keys share the epsilon of those over the hidden channels, so that a cut cannot scale it: what
    # that makes of the logits is kept below the tolerance.
    head_norms = grouped | {"rms_norm_eps": 1e-10}
    experts = {"num_experts_per_tok": 2}
    return {
        "llama": LlamaConfig(**grouped, attention_bias=True, mlp_bias=True),
        "llama-mha": LlamaConfig(**COMMON, num_key_value_heads=4, tie_word_embeddings=True),
        "mistral": MistralConfig(**grouped),
        "mixtral": MixtralConfig(**grouped, **experts, num_local_experts=4),
        "qwen2": Qwen2Config(**grouped),
        "qwen2-moe": Qwen2MoeConfig(
            **grouped, **experts, num_experts=4, moe_intermediate_size=24, shared_expert_intermediate_size=40),
        "qwen3": Qwen3Config(**head_norms, head_dim=12, tie_word_embeddings=True),
        "qwen3-moe": Qwen3MoeConfig(
            **head_norms, **experts, num_experts=4, moe_intermediate_size=24, norm_topk_prob=True, head_dim=8),
        "gemma": GemmaConfig(**grouped, head_dim=8),
        "gemma2": Gemma2Config(**grouped, head_dim=8),
        "gemma3": Gemma3TextConfig(**head_norms, head_dim=8),
        "phi3": Phi3Config(**grouped),
        "gpt2": GPT2Config(
            vocab_size=VOCABULARY, n_embd=32, n_layer=4, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2),
        "bert": BertConfig(**COMMON, type_vocab_size=2),
    }  # fmt: skip


class Family:
    """Where transformers' modules of a family are."""

    def __init__(self, name):
        self.isBert, self.isGPT2 = name == "bert", name == "gpt2"
        self.centers = self.isBert or self.isGPT2
        self.experts = name in ("mixtral", "qwen2-moe", "qwen3-moe")

    def base(self, model):
        return model.bert if self.isBert else model.transformer if self.isGPT2 else model.model

    def layers(self, model):
        base = self.base(model)
        return base.encoder.layer if self.isBert else base.h if self.isGPT2 else base.layers

    def down(self, layer):
        if self.isBert:
            return layer.output.dense
        return layer.mlp.c_proj if self.isGPT2 else layer.mlp.down_proj

    def attention_output(self, layer):
        if self.isBert:
            return layer.attention.output.dense
        return layer.attn.c_proj if self.isGPT2 else layer.self_attn.o_proj

    def writers(self, model):
        """Modules whose output goes to the residual stream."""
        base = self.base(model)
        found = [module for module in base.modules() if isinstance(module, torch.nn.Embedding)]
        if self.isBert:
            found.append(model.cls.predictions.transform.transform_act_fn)
        for layer in self.layers(model):
            found += [self.attention_output(layer)]
            found += [layer.mlp] if self.experts else [self.down(layer)]
        return found

    def norms(self, model, width):
        """Norms over the hidden channels."""
        return [
            module for name, module in model.named_modules()
            if ("norm" in type(module).__name__.lower())
            and getattr(module, "weight", None) is not None and module.weight.shape == (width,)
            and "q_norm" not in name and "k_norm" not in name
        ]  # fmt: skip


def indices(text):
    """Indices written as `0-5,8`."""
    found = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def randomized(model, seed):
    """Weights that matter: matrices of some size, norms and biases that differ from 1 and 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            isNorm = "norm" in name.lower() or ".ln_" in name
            parameter.copy_((noise * 0.1 + (1 if isNorm and name.endswith("weight") else 0)) if parameter.dim() < 2
                            else noise * 0.2)  # fmt: skip
    return model


def made(name, config, seed):
    auto = AutoModelForMaskedLM if name == "bert" else AutoModelForCausalLM
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    return randomized(auto.from_config(config, dtype=torch.float32), seed)


def load(name, folder, problems):
    auto = AutoModelForMaskedLM if name == "bert" else AutoModelForCausalLM
    model, told = auto.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager", output_loading_info=True)
    for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if told[key]:
            problems.append(f"{key}: {sorted(map(str, told[key]))[:3]}")
    return in_double(model.double().eval())


def in_double(model):
    """Norms that compute in float64: transformers' own of RMS go through float32."""
    for module in model.modules():
        if not type(module).__name__.endswith("RMSNorm"):
            continue
        addend = 1 if type(module).__name__.startswith("Gemma") else 0
        epsilon = getattr(module, "variance_epsilon", None) or module.eps

        def forward(value, module=module, addend=addend, epsilon=epsilon):
            root = torch.rsqrt(value.pow(2).mean(-1, keepdim=True) + epsilon)
            return value * root * (module.weight + addend)

        module.forward = forward
    return model


def tokens(ids=None):
    generator = torch.Generator().manual_seed(7)
    ids = ids or list(range(VOCABULARY))
    return torch.tensor(ids)[torch.randint(3, len(ids), (2, 11), generator=generator)]


def logits(model, ids):
    with torch.no_grad():
        return model(ids, use_cache=False).logits if hasattr(model.config, "use_cache") else model(ids).logits


def keeping(kept, width, dimension=-1):
    """A function that puts zeros where nothing is kept."""
    mask = torch.zeros(width, dtype=torch.float64)
    mask[kept] = 1
    return lambda value: value * mask


def center(kept, width):
    """Takes the mean of the kept channels out of them."""
    mask = torch.zeros(width, dtype=torch.float64)
    mask[kept] = 1
    return lambda value: (value - (value * mask).sum(-1, keepdim=True) / len(kept)) * mask


def hook_output(module, change):
    def hook(_, __, output):
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    module.register_forward_hook(hook)


def hook_input(module, change):
    module.register_forward_pre_hook(lambda _, given: (change(given[0]), *given[1:]))


def groups_of(record, axis):
    return {(group.get("layer"), group.get("expert")): indices(group["kept"]) for group in record["groups"]
            if group["axis"] == axis}  # fmt: skip


def mask_router(layer, kept):
    """Experts that went are never chosen."""
    router = layer.mlp.gate
    weight, linear, forward = router.weight, torch.nn.functional.linear, router.forward

    def masked(*given, **named):
        def with_mask(value, matrix, bias=None):
            result = linear(value, matrix, bias)
            if matrix is not weight:
                return result
            mask = torch.full((weight.shape[0],), -float("inf"), dtype=result.dtype)
            mask[kept] = 0
            return result + mask

        torch.nn.functional.linear = with_mask
        try:
            return forward(*given, **named)
        finally:
            torch.nn.functional.linear = linear

    router.forward = masked


def mask_expert_channels(layer, kept):
    """Zeros in the rows of gate and up that went, expert by expert."""
    experts = layer.mlp.experts
    with torch.no_grad():
        for (expert), staying in kept.items():
            width = experts.down_proj.shape[2]
            gone = [index for index in range(width) if index not in set(staying)]
            experts.gate_up_proj[expert, gone] = 0
            experts.gate_up_proj[expert, [width + index for index in gone]] = 0


def masked(name, model, record):
    """The model with zeros where the record says that something went, and the layers that stayed."""
    family, config = Family(name), model.config
    layers = family.layers(model)
    heads = config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    for axis in ("mlp", "shared_mlp", "expert_mlp"):
        kept = groups_of(record, axis)
        for layer, place in enumerate(layers):
            ofLayer = {expert: found for (number, expert), found in kept.items() if number == layer}
            if None in ofLayer:
                down = place.mlp.shared_expert.down_proj if axis == "shared_mlp" else family.down(place)
                width = config.shared_expert_intermediate_size if axis == "shared_mlp" else (
                    getattr(config, "intermediate_size", None) or 4 * config.hidden_size)  # fmt: skip
                hook_input(down, keeping(ofLayer[None], width))
            elif ofLayer:
                mask_expert_channels(place, ofLayer)
    for (layer, _), kept in groups_of(record, "heads").items():
        channels = [head * size + index for head in kept for index in range(size)]
        hook_input(family.attention_output(layers[layer]), keeping(channels, heads * size))
    for (layer, _), kept in groups_of(record, "experts").items():
        mask_router(layers[layer], kept)
    hidden = groups_of(record, "hidden").get((None, None))
    if hidden:
        width = config.hidden_size
        change = center(hidden, width) if family.centers else keeping(hidden, width)
        for module in family.writers(model) + family.norms(model, width):
            isNorm = module in family.norms(model, width)
            hook_output(module, change if not isNorm or family.isBert else keeping(hidden, width))
    staying = indices(record["layers"])
    if len(staying) != len(layers):
        chosen = torch.nn.ModuleList(layers[index] for index in staying)
        base = family.base(model)
        if family.isBert:
            base.encoder.layer = chosen
        elif family.isGPT2:
            base.h = chosen
        else:
            base.layers = chosen
            config.layer_types = [config.layer_types[index] for index in staying] if getattr(
                config, "layer_types", None) else None  # fmt: skip
            config.num_hidden_layers = len(staying)
    return model


def centered(name, model):
    """The hooks that the masked model has, of a model that lost its channels."""
    family, width = Family(name), model.config.hidden_size
    if family.centers:
        everything = list(range(width))
        for module in family.writers(model) + (family.norms(model, width) if family.isBert else []):
            hook_output(module, center(everything, width))
    return model


def distance(one, other):
    return float((one - other).abs().max() / one.abs().max())


def cuts(name, config):
    """The options to try of a family."""
    family = Family(name)
    grouped = getattr(config, "num_key_value_heads", config.num_attention_heads) != config.num_attention_heads
    found = {
        "mlp": ["--mlp", "0.25", "--multiple-of", "2"],
        "mlp l1": ["--mlp", "0.5", "--importance", "l1"],
        "layers": ["--layers", "1"],
        "keep-layers": ["--keep-layers", "0,2-3"],
    }
    if family.centers:
        found["heads and hidden"] = ["--heads", "0.25", "--hidden", "0.25"]
    else:
        found["hidden"] = ["--hidden", "0.25"]
        found["heads"] = ["--heads", "0.5"]
    if grouped:
        found["kv-groups"] = ["--kv-groups", "0.5"]
    if family.experts:
        found["experts"] = ["--experts", "0.25"]
    everything = ["--mlp", "0.25", "--hidden", "0.25", "--heads", "0.25" if family.centers else "0.5", "--layers", "2"]
    found["all at once"] = everything + (["--experts", "0.25"] if family.experts else [])
    return found


def prune(ingot, name, options, folder, problems):
    """Prunes and exports; the report and the record of what stayed."""
    said, fault = ingot.report("prune", name, *options, "--as", f"{name}:pruned", "--update", "--json")
    if fault is None:
        shutil.rmtree(folder, ignore_errors=True)
        fault = ingot.run("export", f"{name}:pruned", folder)
    if fault:
        problems.append(fault)
        return None, None
    return json.loads(said), json.loads((folder / "pruning.json").read_text())


def parameter_count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def closed_form(config, record):
    """Parameters that go with an MLP cut of a model without experts, or with layers."""
    gates = 2 if config.model_type in ("gpt2", "bert") else 3
    biases = 1 if config.model_type in ("gpt2", "bert") else 2 if getattr(config, "mlp_bias", False) else 0
    width = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    gone = sum(width - len(kept) for kept in groups_of(record, "mlp").values())
    return gone * (gates * config.hidden_size + biases)


def check_cut(ingot, tally, name, config, dense, label, options, work):
    problems = []
    report, record = prune(ingot, name, options, work / "pruned", problems)
    detail = ""
    if record:
        model = load(name, work / "pruned", problems)
        ids = tokens()
        hidden = "--hidden" in options
        wanted = logits(masked(name, load(name, dense, problems), record), ids)
        got = logits(centered(name, model) if hidden else model, ids)
        if distance(logits(load(name, dense, problems), ids), wanted) < 1e-3:
            problems.append("the cut changes nothing, so that this check could not fail")
        far = distance(wanted, got)
        exact = label in ("layers", "keep-layers")
        if far > (0 if exact else SCALED if hidden else TOLERANCE):
            problems.append(f"logits differ by {far:.2g}")
        count = parameter_count(model)
        if report["parameter_count"] != count:
            problems.append(f"{report['parameter_count']} parameters are reported, transformers has {count}")
        if label.startswith("mlp") and not Family(name).experts:
            whole = parameter_count(load(name, dense, problems))
            if whole - count != closed_form(config, record):
                problems.append(f"{whole - count} parameters went, the formula says {closed_form(config, record)}")
        detail = f"masked dense within {far:.1g}, {count} parameters"
    tally.note(name, label, problems, detail)


def check_zero(ingot, tally, name, config, work):
    """Indices whose weights are zero are those that go, and nothing changes."""
    family = Family(name)
    model = made(name, config, 11)
    generator = torch.Generator().manual_seed(5)
    layers = family.layers(model)
    gone = {}
    with torch.no_grad():
        for number, layer in enumerate(layers):
            if family.experts:
                continue
            width = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
            some = torch.randperm(width, generator=generator)[: width // 4].tolist()
            gone[number] = sorted(some)
            zero_channels(name, layer, some, width)
    if not gone:
        return
    folder = work / "zero"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    problems = []
    fault = ingot.run("register", folder, "--as", f"{name}-zero", "--update")
    if fault:
        problems.append(fault)
    report, record = prune(ingot, f"{name}-zero", ["--mlp", "0.25"], work / "pruned", problems)
    far = 0
    if record:
        for (layer, _), kept in groups_of(record, "mlp").items():
            if set(kept) & set(gone[layer]):
                problems.append(f"layer {layer} keeps channels of zeros")
        ids = tokens()
        far = distance(logits(load(name, folder, problems), ids), logits(load(name, work / "pruned", problems), ids))
        if far > TOLERANCE:
            problems.append(f"logits differ by {far:.2g}")
    tally.note(name, "mlp channels of zeros", problems, f"logits within {far:.1g}")


def zero_channels(name, layer, some, width):
    mlp = layer.mlp if hasattr(layer, "mlp") else None
    if name == "bert":
        layer.intermediate.dense.weight[some] = 0
        layer.intermediate.dense.bias[some] = 0
        layer.output.dense.weight[:, some] = 0
    elif name == "gpt2":
        mlp.c_fc.weight[:, some] = 0
        mlp.c_fc.bias[some] = 0
        mlp.c_proj.weight[some] = 0
    elif name == "phi3":
        mlp.gate_up_proj.weight[some + [width + index for index in some]] = 0
        mlp.down_proj.weight[:, some] = 0
    else:
        for matrix in (mlp.gate_proj, mlp.up_proj):
            matrix.weight[some] = 0
            if matrix.bias is not None:
                matrix.bias[some] = 0
        mlp.down_proj.weight[:, some] = 0


def check_zero_heads(ingot, tally, name, config, work):
    """Query heads of zeros go, within their groups or with them."""
    family = Family(name)
    if family.centers:
        return
    model = made(name, config, 13)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    groups = getattr(config, "num_key_value_heads", config.num_attention_heads)
    perGroup = config.num_attention_heads // groups
    gone = [group * perGroup + (group % perGroup) for group in range(groups)] if perGroup > 1 else [1, 2]
    channels = [head * size + index for head in gone for index in range(size)]
    with torch.no_grad():
        for layer in family.layers(model):
            attention = layer.self_attn
            query = attention.qkv_proj if name == "phi3" else attention.q_proj
            query.weight[channels] = 0
            if getattr(query, "bias", None) is not None:
                query.bias[channels] = 0
            attention.o_proj.weight[:, channels] = 0
            if perGroup == 1:
                attention.k_proj.weight[channels] = 0
                attention.v_proj.weight[channels] = 0
    folder = work / "zero"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    problems = []
    fault = ingot.run("register", folder, "--as", f"{name}-zero-heads", "--update")
    if fault:
        problems.append(fault)
    report, record = prune(ingot, f"{name}-zero-heads", ["--heads", "0.5"], work / "pruned", problems)
    far = 0
    if record:
        ids = tokens()
        far = distance(logits(load(name, folder, problems), ids), logits(load(name, work / "pruned", problems), ids))
        if far > TOLERANCE:
            problems.append(f"logits differ by {far:.2g}")
    tally.note(name, "heads of zeros", problems, f"logits within {far:.1g}")


def check_zero_hidden(ingot, tally, name, config, work):
    """Hidden channels of zeros go, and nothing changes."""
    family = Family(name)
    if family.centers:
        return
    model = made(name, config, 17)
    some = [3, 8, 9, 20, 21, 27, 30, 31]
    width = config.hidden_size
    with torch.no_grad():
        for parameter in model.parameters():
            for dimension, length in enumerate(parameter.shape):
                if length == width and parameter.dim() > 1:
                    parameter.index_fill_(dimension, torch.tensor(some), 0)
        for norm in family.norms(model, width):
            norm.weight[some] = -1 if name.startswith("gemma") else 0
        for module in model.modules():
            bias = getattr(module, "bias", None)
            if isinstance(bias, torch.nn.Parameter) and bias.shape == (width,):
                bias[some] = 0
    folder = work / "zero"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    problems = []
    fault = ingot.run("register", folder, "--as", f"{name}-zero-hidden", "--update")
    if fault:
        problems.append(fault)
    report, record = prune(ingot, f"{name}-zero-hidden", ["--hidden", "0.25"], work / "pruned", problems)
    far = 0
    if record:
        ids = tokens()
        far = distance(logits(load(name, folder, problems), ids), logits(load(name, work / "pruned", problems), ids))
        if far > TOLERANCE:
            problems.append(f"logits differ by {far:.2g}")
    tally.note(name, "hidden channels of zeros", problems, f"logits within {far:.1g}")


def check_vocabulary(ingot, tally, name, dense, work):
    problems = []
    wanted = sorted(set(range(3)) | set(range(10, 60, 3)))
    path = work / "tokens.json"
    path.write_text(json.dumps(wanted))
    report, record = prune(ingot, name, ["--vocabulary", path], work / "pruned", problems)
    far = 0
    if record:
        kept = indices(record["vocabulary"])
        if kept != wanted:
            problems.append(f"{kept} stayed")
        old = tokens(kept)
        new = torch.tensor([[kept.index(int(token)) for token in row] for row in old])
        far = distance(
            logits(load(name, dense, problems), old)[..., kept], logits(load(name, work / "pruned", problems), new))
        if far > 1e-12:
            problems.append(f"logits differ by {far:.2g}")
    tally.note(name, "vocabulary", problems, f"logits of what stays within {far:.1g}")


def check_tiny(ingot, tally, folder, work):
    """A trained model, pruned in each way, computed by transformers and llama.cpp and read again by Ingot."""
    import llama_cpp

    name = folder.name
    config = AutoConfig.from_pretrained(folder)
    fault = ingot.run("register", folder, "--as", name)
    family = Family(config.model_type)
    options = {
        "mlp": ["--mlp", "0.25", "--multiple-of", "32"], "layers": ["--layers", "1"],
        "vocabulary": ["--vocabulary", "1500"],
    }  # fmt: skip
    if family.centers:
        options["heads, hidden"] = ["--heads", "0.25", "--hidden", "0.25"]
    else:
        options["hidden"] = ["--hidden", "0.25", "--multiple-of", "32"]
        options["heads"] = ["--heads", "0.5"]
        options["kv-groups"] = ["--kv-groups", "0.5"]
    if config.model_type == "mixtral":
        options["experts"] = ["--experts", "0.25"]
    for label, choice in options.items():
        problems = [fault] if fault else []
        report, record = prune(ingot, name, choice, work / "pruned", problems)
        if not record:
            tally.note(name, label, problems)
            continue
        model = load(config.model_type, work / "pruned", problems)
        ids = torch.arange(5, 45).unsqueeze(0)
        wanted = logits(model, ids)[0].numpy()
        for step in (
            ("register", work / "pruned", "--as", f"{name}-again", "--update"), ("verify", f"{name}-again"),
            ("export", f"{name}:pruned", work / "pruned.gguf", "--format", "gguf", "--dtype", "f32", "--overwrite"),
        ):  # fmt: skip
            said = ingot.run(*[part for part in step if part != "--overwrite"])
            if said:
                problems.append(said)
        far = None
        if (work / "pruned.gguf").exists():
            llama = llama_cpp.Llama(
                str(work / "pruned.gguf"), n_ctx=128, n_threads=2, logits_all=True, verbose=False, type_k=0, type_v=0)
            llama.eval(ids[0].tolist())
            got = numpy.array(llama.scores[: ids.shape[1]])[:, : wanted.shape[1]]
            far = float(numpy.abs(got - wanted).max())
            if far > 0.05:
                problems.append(f"llama.cpp's logits differ by {far:.2g}")
            del llama
            (work / "pruned.gguf").unlink()
        tally.note(name, f"{label}: transformers, llama.cpp", problems, f"within {far}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--family", action="append")
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=arguments.work) as work:
        work = pathlib.Path(work)
        ingot = Ingot(arguments.ingot, work / "home")
        for name, config in configs().items():
            if arguments.family and name not in arguments.family:
                continue
            dense = work / name
            made(name, config, 3).save_pretrained(dense)
            problems = []
            fault = ingot.run("register", dense, "--as", name)
            if fault:
                tally.note(name, "register", [fault])
                continue
            for label, options in cuts(name, config).items():
                check_cut(ingot, tally, name, config, dense, label, options, work)
            check_zero(ingot, tally, name, config, work)
            check_zero_heads(ingot, tally, name, config, work)
            check_zero_hidden(ingot, tally, name, config, work)
            check_vocabulary(ingot, tally, name, dense, work)
        for folder in arguments.models:
            check_tiny(ingot, tally, folder, work)
    print(f"{tally.passed} passed, {tally.failed} failed")
    raise SystemExit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
