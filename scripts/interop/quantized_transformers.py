"""Folders that Ingot quantizes for transformers and vLLM, loaded by transformers and its libraries, on the CPU."""

import shutil

import numpy
import torch
import transformers
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationScheme
from safetensors import safe_open
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    CompressedTensorsConfig,
    FineGrainedFP8Config,
)

from divergence import divergence, note_best
from stored import config_of, differences, tensors_of_folder

FAMILIES = {"gpt2", "llama", "mixtral", "qwen3"}
COMPRESSED = (
    "ct-int4-g128",
    "ct-int4-g32",
    "ct-int4-g128-asym",
    "ct-int4-channel",
    "ct-int8-channel",
    "ct-fp8-channel",
    "ct-fp8-tensor",
    "ct-fp8-block128x128",
    "ct-nvfp4",
    "ct-mxfp4",
    "ct-mxfp8",
)
SCALED = ("fp8-block128", "fp8-tensor")
PACKED = ("gptq-4-g128", "gptq-8-g32", "gptq-2-g64", "gptq-4-g128-v2", "awq-4-g128", "awq-4-g32")
# transformers 5.23 folds the experts of Mixtral and Qwen into one parameter as it loads them, and its own decoder of
# these does not know all layouts: it refuses some, and reads NVFP4 without the second scale. compressed-tensors itself
# decodes each expert, and so does vLLM.
NO_EXPERTS = {"ct-int4-g128-asym", "ct-int8-channel", "ct-fp8-block128x128", "ct-nvfp4", "ct-mxfp8"}

# Of these the better encoder is tried too.
BEST = ("ct-int4-g128", "nf4")


def is_gpt2(folder):
    return config_of(folder)["model_type"] == "gpt2"


def floats_of(folder):
    """Every tensor of a folder, in float32 where it is a float."""
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            found.update({key: file.get_tensor(key) for key in file.keys()})
    return found


def distance(found, wanted):
    """The relative root mean square difference of two sets of tensors, and the names that only one has."""
    strange = sorted(found.keys() ^ wanted.keys())
    both = found.keys() & wanted.keys()
    error = sum((found[key].double() - wanted[key].double()).square().sum().item() for key in both)
    power = sum(wanted[key].double().square().sum().item() for key in both)
    return (error / power) ** 0.5, strange


def converted(ingot, tally, name, scheme, work):
    """Converts, exports, and exports the decoded numbers. The two folders, or nothing when it failed.

    The folders of the scheme before make room."""
    subject, ours, dense = f"{name}:{scheme}", work / "ours", work / "dense"
    for folder in (ours, dense):
        shutil.rmtree(folder, ignore_errors=True)
    said = (
        ingot.run("convert", name, "--to", scheme, "--as", subject)
        or ingot.run("export", subject, ours)
        or ingot.run("export", subject, dense, "--dequantize", "f32")
    )
    if said:
        tally.note(subject, "convert and export", [said])
        return None
    return ours, dense


def parameters_of(folder, **options):
    """The parameters of a loaded model, and what transformers reports of names that did not fit."""
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, **options)
    misfits = [f"{kind}: {sorted(map(str, names))[:2]}" for kind, names in report.items() if names]
    return model.eval(), {key: value.detach() for key, value in model.named_parameters()}, misfits


def logits_of(model):
    """The logits of some token ids, the same each time."""
    ids = torch.tensor([[(37 * index + 11) % model.config.vocab_size for index in range(24)]])
    with torch.no_grad():
        return model(ids).logits.float()


def predictions(model, ids):
    """The logits behind each token of a text."""
    with torch.no_grad():
        return model(ids).logits[0].float()


def generated(model):
    """The 32 greedy tokens behind some token ids, the same each time."""
    ids = torch.tensor([[(37 * index + 11) % model.config.vocab_size for index in range(24)]])
    options = {"max_new_tokens": 32, "min_new_tokens": 32, "do_sample": False, "pad_token_id": 0}
    with torch.no_grad():
        return model.generate(ids, attention_mask=torch.ones_like(ids), eos_token_id=None, **options)[0, 24:].tolist()


def change_of(logits, source):
    """How far logits are from the source's, relative to those."""
    return ((logits - source).square().mean() / source.square().mean()).sqrt().item()


def check_loaded(tally, subject, folder, ours, dense, dtype=torch.float32, **options):
    """transformers' dequantized model against Ingot's dequantized export, and its logits against the source's."""
    try:
        model, found, misfits = parameters_of(ours, dtype=dtype, **options)
        _, wanted, _ = parameters_of(dense, dtype=torch.float32)
        error, strange = distance(found, wanted)
        problems = misfits + [f"{key} is in one only" for key in strange]
        # Loaders multiply in the dtype of the scales, mostly BF16.
        problems += [f"weights differ by {error:.3g}"] if error > 2**-8 else []
        logits, source = logits_of(model), logits_of(parameters_of(folder, dtype=torch.float32)[0])
        change = change_of(logits, source)
        problems += [f"logits differ by {change:.3g}"] if not change < 0.25 else []
        tokens = generated(model)
        problems += [f"it generates {len(tokens)} tokens, not 32"] if len(tokens) != 32 else []
    except (ValueError, RuntimeError, ImportError, AttributeError, KeyError, AssertionError) as error:
        return tally.note(subject, "transformers loads it", [f"{type(error).__name__}: {error}"[:200]])
    detail = f"weights within {error:.2g}, logits {change:.3f} off, it generates"
    tally.note(subject, "transformers loads it", problems, detail)


def check_best(ingot, tally, name, scheme, folder, work, text):
    """The better encoder: it loads, and its predictions are no farther from the source's than the reference's."""
    subject, path, changes = f"{name}:{scheme}-best", work / "ours", {}
    options = {"quantization_config": CompressedTensorsConfig(dequantize=True)} if scheme.startswith("ct-") else {}
    try:
        ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt").input_ids[:, :256]
        source = predictions(parameters_of(folder, dtype=torch.float32)[0], ids)
        for encoder in ("best", "reference"):
            shutil.rmtree(path, ignore_errors=True)
            tag = f"{subject}-{encoder}"
            said = ingot.run("convert", name, "--to", scheme, "--encoder", encoder, "--as", tag)
            said = said or ingot.run("export", tag, path)
            if said:
                return tally.note(subject, "convert and export", [said])
            model, _, misfits = parameters_of(path, dtype=torch.float32, **options)
            if misfits:
                return tally.note(subject, "transformers loads it", misfits)
            changes[encoder] = divergence(source, predictions(model, ids))
            generated(model)
    except (ValueError, RuntimeError, ImportError, AttributeError, KeyError, AssertionError) as error:
        return tally.note(subject, "transformers loads it", [f"{type(error).__name__}: {error}"[:200]])
    note_best(tally, subject, "transformers runs it", changes["best"], changes["reference"])


def check_decompressed(tally, subject, ours, dense):
    """Each module as compressed-tensors decodes it, against Ingot's dequantized export."""
    settings = config_of(ours)["quantization_config"]
    ((_, group),) = settings["config_groups"].items()
    scheme = QuantizationScheme.model_validate(group)
    stored, wanted = floats_of(ours), floats_of(dense)
    modules = sorted({key.rsplit(".", 1)[0] for key in stored if key.endswith(".weight_scale")})
    compressor = BaseCompressor.get_value_from_registry(settings["format"])
    found = {}
    for path in modules:
        parts = {key.removeprefix(f"{path}."): value for key, value in stored.items() if key.startswith(f"{path}.")}
        found[f"{path}.weight"] = compressor.decompress(parts, scheme)["weight"].float()
    error, strange = distance(found, {key: wanted[key] for key in found})
    problems = [f"{key} is in one only" for key in strange]
    problems += [f"weights differ by {error:.3g}"] if error > 2**-8 else []
    tally.note(subject, "compressed-tensors decodes it", problems, f"{len(found)} modules within {error:.2g}")


def unpacked(words, bits, axis, order=None):
    """The codes of 32-bit words, along an axis; `order` names the place of each code in its word."""
    codes = (words.numpy().view(numpy.uint32)[..., None] >> (bits * numpy.arange(32 // bits))) & (2**bits - 1)
    if order:
        codes = codes[..., order]
    if axis == 1:
        return codes.reshape(codes.shape[0], -1).astype(numpy.float64)
    return codes.transpose(0, 2, 1).reshape(-1, codes.shape[1]).astype(numpy.float64)


def check_packed(tally, subject, ours, dense, tolerance=1e-6):
    """GPTQ's and AWQ's words, taken apart here by the rules of AutoGPTQ and AutoAWQ."""
    settings = config_of(ours)["quantization_config"]
    bits, is_awq = settings["bits"], settings["quant_method"] == "awq"
    stored, wanted = floats_of(ours), floats_of(dense)
    paths = sorted(key.removesuffix(".qweight") for key in stored if key.endswith(".qweight"))
    found = {}
    for path in paths:
        scales = stored[f"{path}.scales"].double().numpy()
        if is_awq:
            order = [0, 4, 1, 5, 2, 6, 3, 7]
            codes = unpacked(stored[f"{path}.qweight"], 4, 1, order)
            zeros = unpacked(stored[f"{path}.qzeros"], 4, 1, order)
            groups = numpy.arange(len(codes)) // settings["group_size"]
        else:
            codes = unpacked(stored[f"{path}.qweight"], bits, 0)
            zeros = unpacked(stored[f"{path}.qzeros"], bits, 1) + (settings["checkpoint_format"] == "gptq")
            groups = stored[f"{path}.g_idx"].numpy()
        numbers = scales[groups] * (codes - zeros[groups])
        # AutoAWQ multiplies in half precision.
        numbers = numbers.astype(numpy.float16 if is_awq else numpy.float64)
        found[f"{path}.weight"] = torch.from_numpy(numbers.T.astype(numpy.float64))
    error, strange = distance(found, {key: wanted.get(key) for key in found})
    problems = [] if paths else ["no module is quantized"]
    problems += [f"weights differ by {error:.3g}"] if error > tolerance else []
    tally.note(subject, "words taken apart", problems, f"{len(paths)} modules within {error:.2g}")


def check_rows(tally, subject, ours, dense):
    """FBGEMM's layout, whose loaders want a GPU: codes times the scale of their row."""
    stored, wanted = floats_of(ours), floats_of(dense)
    paths = [key.removesuffix("_scale") for key in stored if key.endswith(".weight_scale")]
    found = {path: stored[path].float() * stored[f"{path}_scale"] for path in paths}
    error, _ = distance(found, {path: wanted[path] for path in paths})
    method = config_of(ours)["quantization_config"]["quant_method"]
    problems = [] if method == "fbgemm_fp8" and paths else [f"quant_method is {method}"]
    problems += [f"weights differ by {error:.3g}"] if error > 2**-8 else []  # rounded to BF16, as loaders do
    tally.note(subject, "codes times scales", problems, f"{len(paths)} modules within {error:.2g}")


def check_int8(ingot, tally, name, folder, work):
    """LLM.int8: as bitsandbytes quantizes and transformers saves it."""
    subject, reference = f"{name}:bnb-int8", work / "bnb-int8-reference"
    made = converted(ingot, tally, name, "bnb-int8", work)
    if not made:
        return
    ours, _ = made
    options = {"quantization_config": BitsAndBytesConfig(load_in_8bit=True), "dtype": "auto"}
    library, _, _ = parameters_of(folder, **options)
    library.save_pretrained(reference)
    found, wanted = tensors_of_folder(ours), tensors_of_folder(reference)
    tally.note(subject, "tensors: as transformers'", differences(found, wanted), f"{len(wanted)} tensors equal")
    try:
        loaded, _, misfits = parameters_of(ours)
        error = (logits_of(loaded) - logits_of(library)).abs().max().item()
    except (ValueError, RuntimeError) as error:
        return tally.note(subject, "transformers loads it", [f"{type(error).__name__}: {error}"[:200]])
    problems = misfits + ([f"logits differ by {error:.3g}"] if error else [])
    tally.note(subject, "transformers loads it", problems, "logits equal")


def check_exchange(ingot, tally, name, first, second, work):
    """Codes in another packing, taken apart by the rules of its library, against the source's numbers."""
    subject, source, ours, dense = f"{name}:{first}-{second}", f"{name}:{first}", work / "ours", work / "dense"
    for folder in (ours, dense):
        shutil.rmtree(folder, ignore_errors=True)
    said = (
        ingot.run("convert", name, "--to", first, "--as", source)
        or ingot.run("export", source, dense, "--format", "safetensors", "--dtype", "f32")
        or ingot.run("convert", source, "--to", second, "--as", subject)
        or ingot.run("export", subject, ours)
    )
    if said:
        return tally.note(subject, "convert and export", [said])
    if second.startswith("ct-"):
        check_decompressed(tally, subject, ours, dense)
    else:
        # The source's own library rounds what is the same real number: AWQ's to F16, compressed-tensors' to BF16.
        check_packed(tally, subject, ours, dense, 2**-8)


EXCHANGES = (
    ("gptq-4-g32", "awq-4-g32"),
    ("gptq-4-g32", "ct-int4-g32"),
    ("awq-4-g32", "gptq-4-g32-v2"),
    ("awq-4-g32", "ct-int4-g32-asym"),
    ("ct-int4-g32", "gptq-4-g32"),
    ("mlx-mxfp4", "ct-mxfp4"),
)


def check(ingot, tally, name, folder, work, text):
    """Every scheme of one model folder."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    has_experts = "num_local_experts" in config_of(folder) or "num_experts" in config_of(folder)
    check_int8(ingot, tally, name, folder, work)
    if is_gpt2(folder):
        return  # its layers are no Linear ones; only bitsandbytes takes them
    for scheme in COMPRESSED:
        made = converted(ingot, tally, name, scheme, work)
        if not made:
            continue
        check_decompressed(tally, f"{name}:{scheme}", *made)
        if not (has_experts and scheme in NO_EXPERTS):
            options = {"quantization_config": CompressedTensorsConfig(dequantize=True)}
            check_loaded(tally, f"{name}:{scheme}", folder, *made, **options)
    for scheme in BEST:
        check_best(ingot, tally, name, scheme, folder, work, text)
    for scheme in SCALED:
        made = converted(ingot, tally, name, scheme, work)
        if made:
            # Its decoder makes BF16 of them in any case.
            options = {"quantization_config": FineGrainedFP8Config(dequantize=True), "dtype": torch.bfloat16}
            check_loaded(tally, f"{name}:{scheme}", folder, *made, **options)
    made = converted(ingot, tally, name, "fp8-channel", work)
    if made:
        check_rows(tally, f"{name}:fp8-channel", *made)
    for first, second in () if has_experts else EXCHANGES:
        check_exchange(ingot, tally, name, first, second, work)
    for scheme in PACKED:
        made = converted(ingot, tally, name, scheme, work)
        if made:
            check_packed(tally, f"{name}:{scheme}", *made)
