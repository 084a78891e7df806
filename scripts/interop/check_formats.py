"""Takes models through every pair of formats that Ingot writes, and asks the other side's own programs.

For each model folder and each GGUF file: safetensors, GGUF and npz are written from one another and back; float tensors
must come back bit for bit, quantized ones as the float32 numbers that they stand for. safetensors and NumPy read what
is theirs, transformers loads folders that were rebuilt from GGUF, and llama.cpp runs GGUF files that were made from
folders, token by token like transformers. Prints a line a check and `N passed, N failed`; exits 1 when one failed.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # everything is in the folders; nothing may be fetched

import numpy
import torch
from safetensors import safe_open
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

import gpt_oss
from harness import Ingot, Tally
from stored import config_of, differences, tensors_of_folder

FORMATS = ("safetensors", "gguf", "npz")
# Two tokens whose logits are closer than this may change places between two programs.
CLOSE = 1e-3


def exported(ingot, tally, subject, name, target, *options, dropped=None):
    """Exports an artifact; whether that went well. Adds the names of tensors that were dropped to `dropped`."""
    text, said = ingot.report("export", name, target, "--json", *options)
    if said:
        tally.note(subject, f"export {' '.join(map(str, options))}"[:34], [said])
        return False
    if dropped is not None:
        dropped.update(change["name"] for change in json.loads(text)["changes"] if change["outcome"] == "dropped")
    return True


def registered(ingot, tally, subject, path, name):
    """Registers a folder or file; whether that went well."""
    said = ingot.run("register", path, "--as", name)
    if said:
        tally.note(subject, f"register {name}"[:34], [said])
    return said is None


def target_of(folder, format_name):
    """Where an export of a format goes: GGUF is a file."""
    return folder / "model.gguf" if format_name == "gguf" else folder


def check_pairs(ingot, tally, name, work, options):
    """From each format to each other one and back: the tensors, as safetensors tells them, stay the same."""
    start = work / "start"
    if not exported(ingot, tally, name, name, start, "--format", "safetensors", *options):
        return
    wanted = tensors_of_folder(start)
    for first in FORMATS:
        made = work / first
        made.mkdir()
        label, dropped = f"{name}-{first}", set()
        if not exported(
            ingot, tally, name, name, target_of(made / "out", first), "--format", first, *options, dropped=dropped
        ) or not registered(ingot, tally, name, target_of(made / "out", first), label):
            continue
        for second in FORMATS:
            way, lost = f"{first} > {second} > {first}", set(dropped)
            there, back, end = made / second, made / f"{second}-back", made / f"{second}-end"
            steps = [(label, there, second), (f"{label}-{second}", back, first)]
            for source, target, format_name in steps:
                path = target_of(target, format_name)
                if not exported(ingot, tally, name, source, path, "--format", format_name, dropped=lost):
                    break
                if not registered(ingot, tally, name, path, f"{source}-{format_name}"):
                    break
            else:
                if exported(
                    ingot, tally, name, f"{label}-{second}-{first}", end, "--format", "safetensors", dropped=lost
                ):
                    kept = {key: value for key, value in wanted.items() if key not in lost}
                    detail = f"{len(kept)} tensors" + (f", dropped: {', '.join(sorted(lost))}" if lost else "")
                    tally.note(name, way, differences(tensors_of_folder(end), kept), detail[:100])


def check_numpy(ingot, tally, name, work):
    """NumPy reads an archive; what it has no dtype for comes as bytes."""
    folder = work / "numpy"
    if not exported(ingot, tally, name, name, folder, "--format", "npz", "--dtype", "f32"):
        return
    said = ingot.run("export", name, work / "floats", "--format", "safetensors", "--dtype", "f32")
    wanted = tensors_of_folder(work / "floats") if said is None else {}
    problems = [said] if said else []
    with numpy.load(folder / "model.npz", allow_pickle=False) as archive:
        for key, tensor in wanted.items():
            array = archive[key]
            if array.tobytes() != tensor.data or array.shape != tensor.shape:
                problems.append(f"{key} differs")
    tally.note(name, "numpy.load", problems, f"{len(wanted)} arrays")


def check_llama(ingot, tally, name, folder, work):
    """llama.cpp continues the prompt with the tokens that transformers chose."""
    import llama_cpp

    expected = json.loads((folder / "expected.json").read_text())
    path = work / "llama.gguf"
    if not exported(ingot, tally, name, name, path, "--format", "gguf", "--dtype", "f32"):
        return
    llama = llama_cpp.Llama(
        str(path), n_ctx=256, n_threads=2, logits_all=True, verbose=False, type_k=0, type_v=0, seed=0
    )
    tokens, problems, close = list(expected["input_ids"]), [], 0
    given = len(tokens)
    wanted = expected["greedy_ids"]
    full = wanted if wanted[:given] == tokens else tokens + wanted
    llama.eval(full[:-1])
    for index in range(given, len(full)):
        logits = numpy.array(llama.scores[index - 1])
        order = numpy.argsort(logits)[::-1]
        if order[0] == full[index]:
            continue
        if logits[order[0]] - logits[full[index]] <= CLOSE:
            close += 1
        else:
            problems.append(f"token {index} is {order[0]}, not {full[index]}")
    last = numpy.array(llama.scores[given - 1][: len(expected["last_logits"])])
    distance = float(numpy.abs(last - numpy.array(expected["last_logits"])).max())
    if distance > 0.05:
        problems.append(f"logits differ by {distance:.3g}")
    detail = f"{len(full) - given} tokens, logits within {distance:.2g}" + (f", {close} near ties" if close else "")
    tally.note(name, "llama.cpp's greedy tokens", problems, detail)
    text = expected.get("prompt")
    if text:
        ids = llama.tokenize(text.encode(), add_bos=False, special=True)
        wanted = tokens[1:] if tokens[0] == llama.token_bos() else tokens
        tally.note(name, "llama.cpp's tokenizer", [] if ids == wanted else [f"{ids}, not {wanted}"], f"{len(ids)} ids")
    del llama


def check_rebuilt(ingot, tally, name, folder, work):
    """A folder rebuilt from GGUF computes what the original does, and cuts text as it does."""
    dropped = set()
    if not exported(ingot, tally, name, name, work / "to.gguf", "--format", "gguf", dropped=dropped):
        return
    if not registered(ingot, tally, name, work / "to.gguf", f"{name}-rebuilt"):
        return
    rebuilt = work / "rebuilt"
    if not exported(ingot, tally, name, f"{name}-rebuilt", rebuilt, "--format", "safetensors"):
        return
    config = config_of(folder)
    architecture = (config.get("architectures") or [""])[0]
    loader = AutoModelForCausalLM if architecture.endswith(("ForCausalLM", "LMHeadModel")) else AutoModel
    ids = torch.tensor([[(37 * index + 11) % config["vocab_size"] for index in range(24)]])
    outputs, problems = [], []
    for path in (folder, rebuilt):
        model, report = loader.from_pretrained(path, output_loading_info=True, dtype=torch.float32)
        for kind, names in report.items() if path == rebuilt else ():
            names = sorted(set(map(str, names)) - dropped)
            problems += [f"{kind}: {names}"[:90]] if names else []
        with torch.no_grad():
            outputs.append(model.eval()(ids)[0])
    distance = float((outputs[0] - outputs[1]).abs().max())
    if distance != 0:
        problems.append(f"outputs differ by {distance:.3g}")
    tally.note(name, "transformers: rebuilt folder", problems, "outputs bit for bit")
    if not (folder / "tokenizer_config.json").exists() and not (folder / "tokenizer.json").exists():
        return
    texts = ["The capital of France is", " a  b\n\tc", "x = y[3] ** 2  # 1234567", "naïve — “déjà vu” 你好 🙂", "I'm, you'll"]
    problems = []
    before, after = (AutoTokenizer.from_pretrained(path) for path in (folder, rebuilt))
    for text in texts:
        if before(text)["input_ids"] != after(text)["input_ids"]:
            problems.append(f"{text!r}: {after(text)['input_ids'][:8]}, not {before(text)['input_ids'][:8]}")
        if before.decode(before(text)["input_ids"]) != after.decode(after(text)["input_ids"]):
            problems.append(f"{text!r} is decoded otherwise")
    tally.note(name, "transformers: rebuilt tokenizer", problems, f"{len(texts)} texts")


def check_continuation(ingot, tally, name, work):
    """The folder rebuilt from a downloaded GGUF file knows the capital of France."""
    rebuilt = work / "rebuilt"
    if not exported(ingot, tally, name, name, rebuilt, "--format", "safetensors", "--dequantize", "f32"):
        return
    tokenizer = AutoTokenizer.from_pretrained(rebuilt)
    model = AutoModelForCausalLM.from_pretrained(rebuilt, dtype=torch.float32).eval()
    ids = tokenizer("The capital of France is", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        text = tokenizer.decode(model.generate(ids, max_new_tokens=8, do_sample=False)[0, ids.shape[1] :])
    tally.note(name, "The capital of France is", [] if "Paris" in text else [repr(text)], repr(text))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ingot", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("model", nargs="+", help="a model folder or a GGUF file, or PATH=NAME")
    arguments = parser.parse_args()
    tally = Tally()
    ingot = Ingot(arguments.ingot.resolve(), arguments.work / "formats-home")
    for argument in arguments.model:
        path, _, name = argument.partition("=")
        path = Path(path)
        name = name or path.stem.lower()
        work = arguments.work / "formats" / name
        work.mkdir(parents=True)
        if not registered(ingot, tally, name, path, name):
            continue
        check_pairs(ingot, tally, name, work, ["--dequantize", "f32"] if path.suffix == ".gguf" else [])
        check_numpy(ingot, tally, name, work)
        if path.suffix == ".gguf":
            check_continuation(ingot, tally, name, work)
        else:
            check_rebuilt(ingot, tally, name, path, work)
            if (path / "expected.json").exists():
                check_llama(ingot, tally, name, path, work)
            if gpt_oss.is_checked(path):
                gpt_oss.check(ingot, tally, name, path, work)
    print(f"\n{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
