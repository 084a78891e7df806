"""gpt-oss with experts in MXFP4, as OpenAI released it: to GGUF and back with every code, and run by llama.cpp."""

import json

import numpy
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from stored import config_of, differences, tensors_of_folder

# llama.cpp multiplies MXFP4 by activations of 8 bits and BF16 by BF16, so its logits are not quite those of float32. A
# token between two experts may then go to the other one (in transformers' BF16 too), so the median token counts.
ROUNDING = 0.03
KEPT = ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]


def is_checked(folder):
    """Whether the folder holds a gpt-oss with dense experts."""
    config = config_of(folder)
    return config.get("model_type") == "gpt_oss" and "quantization_config" not in config


def pack(folder, target):
    """Writes the model of a folder with random codes and exponents for its experts."""
    tensors, random = load_file(folder / "model.safetensors"), numpy.random.default_rng(20260101)
    for name, tensor in list(tensors.items()):
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            continue
        del tensors[name]
        experts, inputs, outputs = tensor.shape
        shape = (experts, outputs, inputs // 32)
        tensors[name + "_blocks"] = torch.from_numpy(random.integers(0, 256, (*shape, 16), dtype=numpy.uint8))
        tensors[name + "_scales"] = torch.from_numpy(random.integers(116, 123, shape, dtype=numpy.uint8))
    target.mkdir()
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    config = config_of(folder) | {"quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": KEPT}}
    (target / "config.json").write_text(json.dumps(config))


def llama_logits(path, tokens):
    """The logits at every token, by llama.cpp."""
    import llama_cpp

    llama = llama_cpp.Llama(str(path), n_ctx=256, n_threads=2, logits_all=True, verbose=False, type_k=0, type_v=0)
    llama.eval(tokens)
    return numpy.array(llama.scores[: len(tokens)])


def check(ingot, tally, name, folder, work):
    """The checks of a folder with dense experts, which are packed first."""
    name, work = f"{name}-mxfp4", work / "mxfp4"
    work.mkdir()
    packed, numbers, blocks, back = (work / each for each in ("packed", "f32.gguf", "blocks.gguf", "back"))
    pack(folder, packed)
    said = (
        ingot.run("register", packed, "--as", name)
        or ingot.run("export", name, blocks, "--format", "gguf")
        or ingot.run("export", name, numbers, "--format", "gguf", "--dtype", "f32")
        or ingot.run("register", blocks, "--as", f"{name}-blocks")
        or ingot.run("export", f"{name}-blocks", back, "--format", "safetensors")
    )
    if said:
        tally.note(name, "to GGUF and back", [said])
        return
    wanted = tensors_of_folder(packed)
    tally.note(name, "to GGUF and back", differences(tensors_of_folder(back), wanted), f"{len(wanted)} tensors")
    tokens = [(37 * index + 11) % config_of(folder)["vocab_size"] for index in range(24)]
    outputs = []
    for path in (packed, back):
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
        with torch.no_grad():
            outputs.append(model(torch.tensor([tokens])).logits[0].numpy())
    tally.note(name, "transformers: folder that came back", [] if (outputs[0] == outputs[1]).all() else ["differs"])
    greatest = numpy.abs(outputs[0]).max()
    for path, limit, measure in ((numbers, 1e-3, numpy.max), (blocks, ROUNDING, numpy.median)):
        distance = float(measure(numpy.abs(llama_logits(path, tokens) - outputs[0]).max(axis=1)) / greatest)
        problems = [f"logits differ by {distance:.3g} of the greatest"] if distance > limit else []
        tally.note(name, f"llama.cpp: {path.name}", problems, f"logits within {distance:.2g} of the greatest")
