"""Folders that Ingot quantizes for MLX, against mlx-lm's own conversion and runtime, on the CPU."""

import mlx.core as mx
import numpy
from mlx_lm import convert, load
from mlx_lm.generate import generate_step

from divergence import divergence, note_best
from stored import config_of, differences, tensors_of_folder

FAMILIES = {"llama", "mixtral", "qwen3"}
# Names of schemes, and what mlx-lm's conversion takes for the same.
SCHEMES = {
    "affine2": {"q_bits": 2, "q_group_size": 64},
    "affine3": {"q_bits": 3, "q_group_size": 64},
    "affine4": {"q_bits": 4, "q_group_size": 64},
    "affine4-g32": {"q_bits": 4, "q_group_size": 32},
    "affine5": {"q_bits": 5, "q_group_size": 64},
    "affine6": {"q_bits": 6, "q_group_size": 64},
    "affine8": {"q_bits": 8, "q_group_size": 64},
    "affine8-g128": {"q_bits": 8, "q_group_size": 128},
    "mixed_2_6": {"quant_predicate": "mixed_2_6"},
    "mixed_3_6": {"quant_predicate": "mixed_3_6"},
    "mlx-mxfp4": {"q_mode": "mxfp4"},
    "mlx-mxfp8": {"q_mode": "mxfp8"},
    "mlx-nvfp4": {"q_mode": "nvfp4"},
}
# Of these the better encoder is tried too.
BEST = ("affine4",)
PROMPT = "The capital of France is"


def token_count(folder):
    """How many tokens to make: each takes seconds of a model of 100 M parameters on the CPU."""
    settings = config_of(folder)
    return 32 if settings["hidden_size"] * settings["num_hidden_layers"] < 10_000 else 3


def greedy(model, tokenizer, count):
    """The tokens that follow a prompt, the likeliest each time."""
    prompt = mx.array(tokenizer.encode(PROMPT))
    return [int(token) for token, _ in generate_step(prompt, model, max_tokens=count)]


def logits_of(model, vocabulary):
    """The logits of some token ids, the same each time."""
    logits = model(mx.array([[(37 * index + 11) % vocabulary for index in range(24)]]))
    mx.eval(logits)
    return logits.astype(mx.float32)


def check_scheme(ingot, tally, name, scheme, options, folder, work):
    """One scheme of one model."""
    subject = f"{name}:{scheme}"
    ours, theirs = work / scheme, work / f"{scheme}-mlx"
    said = ingot.run("convert", name, "--to", scheme, "--as", subject) or ingot.run("export", subject, ours)
    if said:
        return tally.note(subject, "convert and export", [said])
    # mlx-lm's own conversion quantizes the routers of some families too. Dense ones, which its loader takes as well,
    # cost some kilobytes; it leaves them alone when it is told to.
    found = tensors_of_folder(ours)
    routers = sorted(key.removesuffix(".weight") for key in found if key.endswith(".gate.weight"))
    if routers:
        options = {"quant_predicate": lambda path, module: not path.endswith(".gate"), **options}
    is_told = not routers or callable(options["quant_predicate"])
    convert(str(folder), str(theirs), quantize=True, **options)
    wanted = tensors_of_folder(theirs)
    if not is_told:
        found, wanted = [
            {key: value for key, value in each.items() if not key.startswith(tuple(f"{path}." for path in routers))}
            for each in (found, wanted)
        ]
    detail = f"{len(wanted)} tensors equal" + f", {len(routers)} routers dense" * bool(routers)
    tally.note(subject, "tensors: as mlx-lm's", differences(found, wanted), detail)
    settings = [config_of(each)["quantization"] for each in (ours, theirs)]
    problems = differing_settings(*settings, found)
    tally.note(subject, "config.json: means the same", problems, f"{len(settings[0])} keys")
    try:
        model, tokenizer = load(str(ours))
        vocabulary = config_of(ours)["vocab_size"]
        logits = logits_of(model, vocabulary)
        tokens = greedy(model, tokenizer, token_count(ours))
        del model
        wanted_model, wanted_tokenizer = load(str(theirs))
        distance = float(mx.abs(logits - logits_of(wanted_model, vocabulary)).max())
        own = greedy(wanted_model, wanted_tokenizer, token_count(ours))
        del wanted_model
    except (ValueError, RuntimeError, KeyError) as error:
        return tally.note(subject, "mlx-lm runs it", [f"{type(error).__name__}: {error}"])
    problems = [] if not is_told or distance == 0 else [f"logits differ by {distance:.3g}"]
    tally.note(subject, "mlx-lm runs it", problems, f"logits within {distance:.3g}")
    same = sum(one == other for one, other in zip(tokens, own))
    problems = [f"{same} of {len(own)} are the same"] if is_told and tokens != own else []
    detail = f"{same} of {len(own)} are the same: {tokenizer.decode(tokens)!r}"[:90]
    tally.note(subject, "greedy tokens: as mlx-lm's", problems, detail)


def check_best(ingot, tally, name, scheme, folder, work, text):
    """The same scheme by the better encoder: its predictions of a text are no farther from the source's."""
    subject, path = f"{name}:{scheme}-best", work / f"{scheme}-best"
    said = ingot.run("convert", name, "--to", scheme, "--encoder", "best", "--as", subject)
    said = said or ingot.run("export", subject, path)
    if said:
        return tally.note(subject, "convert and export", [said])
    try:
        source, best, reference = [predictions(*load(str(each)), text) for each in (folder, path, work / scheme)]
    except (ValueError, RuntimeError, KeyError) as error:
        return tally.note(subject, "mlx-lm runs it", [f"{type(error).__name__}: {error}"])
    note_best(tally, subject, "mlx-lm runs it", divergence(source, best), divergence(source, reference))


def predictions(model, tokenizer, text, count=128):
    """The logits behind each of the first tokens of a text, computed in float32."""
    model.set_dtype(mx.float32)  # on the CPU, mlx multiplies dense experts in nothing else
    logits = model(mx.array([tokenizer.encode(text)[:count]])).astype(mx.float32)
    mx.eval(logits)
    return numpy.array(logits)[0]


def differing_settings(found, wanted, tensors):
    """Modules of which two `quantization` objects say something else."""
    problems = []
    for path in [key.removesuffix(".scales") for key in tensors if key.endswith(".scales")]:
        usual, other = meaning(found, path), meaning(wanted, path)
        if usual != other:
            problems.append(f"{path} is {usual}, not {other}")
    return problems


def meaning(settings, path):
    """Bits, group size and mode of one module."""
    own = settings.get(path)
    chosen = own if isinstance(own, dict) else settings
    # A group size that mlx-lm leaves open is the mode's own.
    return chosen["bits"], chosen["group_size"] or 64, chosen.get("mode", "affine")


def dequantized(folder):
    """The real numbers of a folder's quantized matrices, by the library's own decoder in float32."""
    settings, stored = config_of(folder)["quantization"], {}
    for path in sorted(folder.glob("*.safetensors")):
        stored.update(mx.load(str(path)))
    found = {}
    for path in sorted(key.removesuffix(".scales") for key in stored if key.endswith(".scales")):
        own = settings.get(path, settings)
        options = {key: own[key] for key in ("group_size", "bits", "mode")}
        scales, biases = stored[f"{path}.scales"], stored.get(f"{path}.biases")
        if biases is not None:
            scales, biases = scales.astype(mx.float32), biases.astype(mx.float32)
        found[f"{path}.weight"] = mx.dequantize(stored[f"{path}.weight"], scales, biases, **options)
    return found


def check_exchange(ingot, tally, name, first, second, rule, work):
    """A GGUF file's codes in MLX's layout: mlx's numbers against those of the source, which Ingot decodes."""
    subject, ours, dense = f"{name}:{first}-{second}", work / f"{first}-{second}", work / f"{first}-dense"
    source = f"{name}:{first}"
    rules = ["--rule", rule] if rule else []
    said = (
        ingot.run("convert", name, "--to", first, "--as", source, *rules)
        or ingot.run("export", source, dense, "--format", "safetensors", "--dtype", "f32")
        or ingot.run("convert", source, "--to", second, "--as", subject)
        or ingot.run("export", subject, ours)
    )
    if said:
        return tally.note(subject, "convert and export", [said])
    wanted = {}
    for path in sorted(dense.glob("*.safetensors")):
        wanted.update(mx.load(str(path)))
    found = dequantized(ours)
    # MLX gives numbers of powers of two in BF16, which holds them.
    farthest = max(float(mx.abs(found[key].astype(mx.float32) - wanted[key]).max()) for key in found)
    problems = [] if found and farthest == 0 else [f"{len(found)} matrices within {farthest:.3g}"]
    tally.note(subject, "mlx's numbers: the source's", problems, f"{len(found)} matrices equal")
    try:
        model, tokenizer = load(str(ours))
        text = tokenizer.decode(greedy(model, tokenizer, token_count(ours)))
    except (ValueError, RuntimeError, KeyError) as error:
        return tally.note(subject, "mlx-lm runs it", [f"{type(error).__name__}: {error}"])
    tally.note(subject, "mlx-lm runs it", [], repr(text)[:60])


# A GGUF scheme, the MLX scheme that holds its codes, and what its mixture would give another type.
EXCHANGES = (
    ("gguf-q4_0", "mlx-affine4-g32", "re:(token_embd|output).weight=gguf-q4_0"),
    ("gguf-q4_1", "mlx-affine4-g32", "re:(token_embd|output).weight=gguf-q4_1"),
    ("gguf-q8_0", "mlx-affine8-g32", None),
    ("gguf-mxfp4", "mlx-mxfp4", None),
)


def check(ingot, tally, name, folder, work, text):
    """Every scheme of one model folder."""
    if config_of(folder)["model_type"] != "mixtral":
        for first, second, rule in EXCHANGES:
            check_exchange(ingot, tally, name, first, second, rule, work)
    for scheme, options in SCHEMES.items():
        check_scheme(ingot, tally, name, scheme, options, folder, work)
        if scheme in BEST:
            check_best(ingot, tally, name, scheme, folder, work, text)
