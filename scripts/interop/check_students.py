#!/usr/bin/env python3
"""Checks the students that `ingot distill init` makes, and codes of a training for whole numbers, with transformers.

    check_students.py --ingot BINARY [--work FOLDER]

- DistilBERT of a small random BERT of twelve layers: each tensor is the one that the published rule takes (layers 0, 2,
  4, 7, 9 and 11; transformers, research_projects/distillation/scripts/extract_distilbert.py), DistilBertForMaskedLM loads
  it with nothing missing or left over, and its first hidden state is the teacher's without token types.
- DistilGPT2 of a GPT-2 of twelve layers, the same: each layer is the teacher's, and GPT2LMHeadModel computes what the
  teacher computes with the other layers taken out.
- Students of a Llama by layers and by width: LlamaForCausalLM loads them, and distill.json's rows and columns of the
  teacher's matrices are the student's.
- A checkpoint that was trained for int4 in groups of 32: the codes of ct-int4-g32 are those that fake quantization in
  PyTorch gives, and so are the scales, but for rounding them to BF16.
"""

import argparse
import json
import pathlib
import tempfile

import torch
import transformers
from harness import Ingot, Tally
from safetensors.torch import load_file

LAYERS = [0, 2, 4, 7, 9, 11]
MODULES = {
    "attention.q_lin": "attention.self.query", "attention.k_lin": "attention.self.key",
    "attention.v_lin": "attention.self.value", "attention.out_lin": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm", "ffn.lin1": "intermediate.dense", "ffn.lin2": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}  # fmt: skip


def randomized(model):
    """The model with every parameter random, those that begin as zeros and ones too."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
    return model.eval()


def loaded(kind, folder, problems):
    model, info = kind.from_pretrained(folder, output_loading_info=True)
    for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        if info.get(key):
            problems.append(f"{key}: {sorted(map(str, info[key]))}")
    return model.eval()


def student(ingot, work, teacher, *options):
    """Makes a student and exports it; its folder, and what went wrong."""
    folder = work / f"{teacher}-student"
    problems = []
    for step in (
        ("distill", "init", teacher, *options, "--as", f"{teacher}-student", "--update"),
        ("export", f"{teacher}-student", folder),
    ):
        said = ingot.run(*step)
        if said:
            problems.append(said)
    return folder, problems


def wanted_distilbert(state):
    """What the published rule makes of a BertForMaskedLM's tensors."""
    wanted = {}
    for name in ("word_embeddings.weight", "position_embeddings.weight", "LayerNorm.weight", "LayerNorm.bias"):
        wanted[f"distilbert.embeddings.{name}"] = state[f"bert.embeddings.{name}"]
    for place, layer in enumerate(LAYERS):
        for new, old in MODULES.items():
            for part in ("weight", "bias"):
                wanted[f"distilbert.transformer.layer.{place}.{new}.{part}"] = state[
                    f"bert.encoder.layer.{layer}.{old}.{part}"
                ]
    wanted["vocab_projector.weight"] = state["cls.predictions.decoder.weight"]
    wanted["vocab_projector.bias"] = state["cls.predictions.bias"]
    for part in ("weight", "bias"):
        wanted[f"vocab_transform.{part}"] = state[f"cls.predictions.transform.dense.{part}"]
        wanted[f"vocab_layer_norm.{part}"] = state[f"cls.predictions.transform.LayerNorm.{part}"]
    return wanted


def check_distilbert(ingot, tally, work):
    config = transformers.BertConfig(
        vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=12, num_attention_heads=4,
        max_position_embeddings=64)  # fmt: skip
    teacher = randomized(transformers.BertForMaskedLM(config))
    teacher.save_pretrained(work / "bert")
    ingot.run("register", work / "bert", "--as", "bert")
    folder, problems = student(ingot, work, "bert", "--preset", "distilbert")
    model = loaded(transformers.DistilBertForMaskedLM, folder, problems)
    state = model.state_dict()
    wanted = wanted_distilbert(teacher.state_dict())
    problems += [f"{name} is not the teacher's" for name in wanted if not torch.equal(state[name], wanted[name])]
    problems += [f"{name} is of no rule" for name in state if name not in wanted and "position_ids" not in name]
    ids = torch.arange(5, 45).unsqueeze(0)
    with torch.no_grad():
        # Without token types the embeddings are the teacher's.
        teacher.bert.embeddings.token_type_embeddings.weight.zero_()
        teacher.bert.encoder.layer = torch.nn.ModuleList(teacher.bert.encoder.layer[index] for index in LAYERS)
        far = (teacher(ids).logits - model(ids).logits).abs().max().item()
    if far > 1e-4:
        problems.append(f"logits differ by {far:.2g} from the teacher's of the same layers")
    tally.note("bert", "distilbert, tensor for tensor", problems, f"{len(wanted)} tensors, logits within {far:.2g}")


def check_distilgpt2(ingot, tally, work):
    config = transformers.GPT2Config(vocab_size=96, n_embd=32, n_layer=12, n_head=4, n_positions=64)
    teacher = randomized(transformers.GPT2LMHeadModel(config))
    teacher.save_pretrained(work / "gpt2")
    ingot.run("register", work / "gpt2", "--as", "gpt2")
    folder, problems = student(ingot, work, "gpt2", "--preset", "distilgpt2")
    model = loaded(transformers.GPT2LMHeadModel, folder, problems)
    before, state = teacher.state_dict(), model.state_dict()
    for name, tensor in state.items():
        parts = name.split(".")
        if parts[1] == "h":
            parts[2] = str(LAYERS[int(parts[2])])
        if not torch.equal(tensor, before[".".join(parts)]):
            problems.append(f"{name} is not the teacher's {'.'.join(parts)}")
    ids = torch.arange(5, 45).unsqueeze(0)
    teacher.transformer.h = torch.nn.ModuleList(teacher.transformer.h[index] for index in LAYERS)
    for place, block in enumerate(teacher.transformer.h):
        block.attn.layer_idx = place
    teacher.config.n_layer = len(LAYERS)
    with torch.no_grad():
        far = (teacher(ids, use_cache=False).logits - model(ids, use_cache=False).logits).abs().max().item()
    if far > 1e-4:
        problems.append(f"logits differ by {far:.2g} from the teacher's of the same layers")
    tally.note("gpt2", "distilgpt2, tensor for tensor", problems, f"{len(state)} tensors, logits within {far:.2g}")


def indices(text):
    ends = [part.split("-") for part in text.split(",")]
    return [index for end in ends for index in range(int(end[0]), int(end[-1]) + 1)]


def check_llama(ingot, tally, work):
    config = transformers.LlamaConfig(
        vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=6, num_attention_heads=8,
        num_key_value_heads=4, max_position_embeddings=64)  # fmt: skip
    teacher = randomized(transformers.LlamaForCausalLM(config))
    teacher.save_pretrained(work / "llama")
    ingot.run("register", work / "llama", "--as", "llama")
    before = load_file(work / "llama" / "model.safetensors")
    for label, options in {
        "layers": ("--layers", "0,3,5"), "every second layer": ("--every", "2"), "width": ("--width", "0.5"),
        "layers and width": ("--layers", "1,4", "--width", "0.5"),
    }.items():  # fmt: skip
        folder, problems = student(ingot, work, "llama", *options)
        model = loaded(transformers.LlamaForCausalLM, folder, problems)
        plan = json.loads((folder / "distill.json").read_text())
        state = load_file(folder / "model.safetensors")
        lists = [indices(text) for text in plan["index_lists"]]
        if {entry["student"] for entry in plan["tensors"]} != set(state):
            problems.append("distill.json tells of other tensors than there are")
        for entry in plan["tensors"]:
            tensor = before[entry["teacher"]]
            if "rows" in entry:
                tensor = tensor[lists[entry["rows"]]]
            if "columns" in entry:
                tensor = tensor[:, lists[entry["columns"]]]
            tensor = tensor * entry.get("factor", 1)
            if not torch.allclose(state[entry["student"]], tensor, rtol=1e-6, atol=0):
                problems.append(f"{entry['student']} is not what distill.json says")
        with torch.no_grad():
            finite = bool(model(torch.arange(5, 45).unsqueeze(0)).logits.isfinite().all())
        if not finite:
            problems.append("its logits are not finite")
        tally.note("llama", f"student by {label}", problems, f"{len(plan['layers'])} layers")
        for path in sorted(folder.glob("*"), reverse=True):
            path.unlink()
        folder.rmdir()


def check_training(ingot, tally, work):
    config = transformers.LlamaConfig(
        vocab_size=96, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True)  # fmt: skip
    randomized(transformers.LlamaForCausalLM(config)).to(torch.bfloat16).save_pretrained(work / "qat")
    problems = []
    for step in (
        ("register", work / "qat", "--as", "qat", "--qat", "int4 symmetric group 32"),
        ("convert", "qat", "--to", "ct-int4-g32"), ("export", "qat:int4-g32", work / "qat-int4"),
    ):  # fmt: skip
        said = ingot.run(*step)
        if said:
            problems.append(said)
    before = load_file(work / "qat" / "model.safetensors")
    made = load_file(work / "qat-int4" / "model.safetensors")
    count = 0
    for name in [name for name in made if name.endswith("weight_packed")]:
        weight = before[name.replace("weight_packed", "weight")].float()
        groups = weight.reshape(weight.shape[0], -1, 32)
        scale = groups.abs().amax(-1, keepdim=True) / 7
        wanted = torch.clamp(torch.round(groups / scale), -8, 7).reshape(weight.shape)
        shifts = torch.arange(0, 32, 4, dtype=torch.int32)
        codes = ((made[name].unsqueeze(-1) >> shifts) & 15).reshape(weight.shape) - 8
        if not torch.equal(codes.float(), wanted):
            problems.append(f"{name} has other codes than the training")
        stored = made[name.replace("weight_packed", "weight_scale")]
        if not torch.equal(stored.float(), scale.squeeze(-1).to(stored.dtype).float()):
            problems.append(f"{name} has other scales than the training")
        count += 1
    tally.note("llama", "codes of a training for int4", problems, f"{count} matrices, bit for bit")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--work", type=pathlib.Path)
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    tally = Tally()
    if arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.work) as work:
        work = pathlib.Path(work)
        ingot = Ingot(arguments.ingot, work / "home")
        for check in (check_distilbert, check_distilgpt2, check_llama, check_training):
            check(ingot, tally, work)
    print(f"{tally.passed} passed, {tally.failed} failed")
    raise SystemExit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
